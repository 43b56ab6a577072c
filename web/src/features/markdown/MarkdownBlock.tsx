import { memo, useEffect, useState } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';

import { t } from '~/locales';
import { CodeBlock } from './CodeBlock';
import { mayHaveMath, normalizeMath } from './normalizeMath';
import { safeHref, safeImage } from './safeLink';

type MathModule = typeof import('./math');

const PLAIN = [remarkGfm];
let math: MathModule | null = null;

/** Formulas are seldom and their renderer is large: it comes when the first one does. */
function useMath(text: string): MathModule | null {
  const wanted = mayHaveMath(text);
  const [, setLoaded] = useState(math !== null);
  useEffect(() => {
    if (!wanted) return;
    let isGone = false;
    void import('./math').then((module) => {
      math = module;
      if (!isGone) setLoaded(true);
    });
    return () => {
      isGone = true;
    };
  }, [wanted]);
  return wanted ? math : null;
}

const components: Components = {
  a({ href, children }) {
    const safe = safeHref(href);
    if (!safe) return <span>{children}</span>;
    return (
      <a href={safe} target="_blank" rel="noopener noreferrer nofollow" title={safe}>
        {children}
      </a>
    );
  },
  img({ src, alt }) {
    const own = safeImage(typeof src === 'string' ? src : undefined);
    if (own) return <img src={own} alt={alt ?? ''} />;
    const elsewhere = safeHref(typeof src === 'string' ? src : undefined);
    const label = alt || elsewhere || '';
    if (!elsewhere) return <span>{label}</span>;
    return (
      <a href={elsewhere} target="_blank" rel="noopener noreferrer nofollow" title={elsewhere}>
        {label}
      </a>
    );
  },
  // A fence inside a list or a quotation; those at the margin are blocks of their own.
  pre({ node }) {
    const code = node?.children[0];
    if (code?.type !== 'element') return null;
    const text = code.children.map((child) => (child.type === 'text' ? child.value : '')).join('');
    const names = Array.isArray(code.properties.className) ? code.properties.className : [];
    if (math && names.includes('math-display')) return <math.Formula tex={text} isDisplay />;
    const language = String(names[0] ?? '').replace('language-', '');
    return <CodeBlock code={text.replace(/\n$/, '')} language={language} />;
  },
  code({ className, children }) {
    if (math && className?.includes('math-inline')) {
      return <math.Formula tex={String(children)} isDisplay={false} />;
    }
    return <code>{children}</code>;
  },
  table: ({ children }) => (
    // A wide table scrolls by itself, also with the keyboard.
    <div className="table-scroll" tabIndex={0} role="region" aria-label={t('message.table')}>
      <table>{children}</table>
    </div>
  ),
  input: ({ checked }) => (
    <input
      type="checkbox"
      aria-label={t(checked ? 'message.taskDone' : 'message.taskOpen')}
      checked={checked ?? false}
      readOnly
      disabled
    />
  ),
};

/** One block of Markdown; rendered again only when its text changes. */
const MarkdownBlock = memo(function MarkdownBlock({ text }: { text: string }) {
  const formulas = useMath(text);
  return (
    <ReactMarkdown
      remarkPlugins={formulas ? [remarkGfm, ...formulas.mathRemark] : PLAIN}
      components={components}
    >
      {formulas ? normalizeMath(text) : text}
    </ReactMarkdown>
  );
});

export default MarkdownBlock;
