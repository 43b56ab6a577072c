import { lazy, memo, Suspense, useMemo } from 'react';

import { CodeBlock } from './CodeBlock';
import { splitBlocks } from './splitBlocks';

const MarkdownBlock = lazy(() => import('./MarkdownBlock'));

/** The first block waits for the renderer as plain text, which has the same size more or less. */
const Plain = ({ text }: { text: string }) => <p className="whitespace-pre-wrap">{text}</p>;

interface Props {
  text: string;
  /** Whether more is coming: then code that is not closed yet is not coloured yet. */
  isLive?: boolean;
}

/** Markdown from a model: untrusted, rendered without raw HTML, block by block. */
export const Markdown = memo(function Markdown({ text, isLive = false }: Props) {
  const blocks = useMemo(() => splitBlocks(text), [text]);
  return (
    <div className="prose">
      {blocks.map((block, index) =>
        block.kind === 'code' ? (
          <CodeBlock
            key={index}
            code={block.text}
            language={block.language}
            isLive={isLive && block.isOpen}
          />
        ) : (
          <Suspense key={index} fallback={<Plain text={block.text} />}>
            <MarkdownBlock text={block.text} />
          </Suspense>
        ),
      )}
    </div>
  );
});
