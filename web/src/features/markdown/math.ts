import 'katex/dist/katex.min.css';

import type { Options } from 'react-markdown';
import rehypeKatex from 'rehype-katex';
import remarkMath from 'remark-math';

/** A single dollar is money; `normalizeMath` has doubled those around formulas. */
export const mathRemark: NonNullable<Options['remarkPlugins']> = [
  [remarkMath, { singleDollarTextMath: false }],
];

/** A formula that is not whole, as while it is written, is shown as its source. */
export const mathRehype: NonNullable<Options['rehypePlugins']> = [
  [rehypeKatex, { trust: false, strict: 'ignore', maxExpand: 500, maxSize: 20 }],
];
