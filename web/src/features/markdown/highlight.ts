import type { Root } from 'hast';
import { toJsxRuntime } from 'hast-util-to-jsx-runtime';
import { common, createLowlight } from 'lowlight';
import type { ReactNode } from 'react';
import { Fragment, jsx, jsxs } from 'react/jsx-runtime';

const lowlight = createLowlight(common);
/** Longer code is left plain: colouring it would hold up the page. */
const LONGEST = 20_000;

/** Code in colours, or null where its language is not known. */
export function highlight(code: string, language: string): ReactNode | null {
  const name = language.toLowerCase();
  if (!lowlight.registered(name) || code.length > LONGEST) return null;
  const tree: Root = lowlight.highlight(name, code);
  return toJsxRuntime(tree, { Fragment, jsx, jsxs });
}
