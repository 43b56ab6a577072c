import 'katex/dist/katex.min.css';

import katex from 'katex';
import { useLayoutEffect, useRef } from 'react';
import type { Options } from 'react-markdown';
import remarkMath from 'remark-math';

/** A single dollar is money; `normalizeMath` has doubled those around formulas. */
export const mathRemark: NonNullable<Options['remarkPlugins']> = [
  [remarkMath, { singleDollarTextMath: false }],
];

interface Props {
  tex: string;
  isDisplay: boolean;
}

/**
 * A formula, built node by node: nothing of it is ever parsed as HTML, and its styles pass the content security policy.
 * One that is not whole, as while it is written, is shown as its source.
 */
export function Formula({ tex, isDisplay }: Props) {
  const place = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const element = place.current;
    if (!element) return;
    try {
      katex.render(tex, element, {
        displayMode: isDisplay,
        trust: false,
        strict: 'ignore',
        maxExpand: 500,
        maxSize: 20,
      });
    } catch {
      element.textContent = tex;
    }
  }, [tex, isDisplay]);
  return <span ref={place} className={isDisplay ? 'formula block' : 'formula'} />;
}
