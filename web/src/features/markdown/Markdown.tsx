import { lazy, memo, Suspense, useMemo, useState } from 'react';

import { cx } from '~/lib/cx';
import { CodeBlock } from './CodeBlock';
import { splitBlocks, type Block } from './splitBlocks';

const MarkdownBlock = lazy(() => import('./MarkdownBlock'));

/** So many blocks are one part: few enough to be rendered in a frame, and enough that even a book has few parts. */
const PART = 12;

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
  // What has grown here has been in sight, so that the browser knows its height where it no longer is.
  const [hasGrown] = useState(isLive);
  return (
    <div className={cx('prose', hasGrown && 'prose-grown')}>
      {Array.from({ length: Math.ceil(blocks.length / PART) }, (_, index) => (
        <Part
          key={index}
          blocks={blocks.slice(index * PART, (index + 1) * PART)}
          isLive={isLive && (index + 1) * PART >= blocks.length}
        />
      ))}
    </div>
  );
});

interface PartProps {
  blocks: readonly Block[];
  isLive: boolean;
}

const isOpen = (block: Block) => block.kind === 'code' && block.isOpen;

const isSame = (a: PartProps, b: PartProps) =>
  a.isLive === b.isLive &&
  a.blocks.length === b.blocks.length &&
  a.blocks.every((block, index) => {
    const other = b.blocks[index];
    return (
      other?.kind === block.kind && other.text === block.text && isOpen(other) === isOpen(block)
    );
  });

/** Some blocks: a whole that is rendered again, laid out and painted only where something of it has changed. */
const Part = memo(function Part({ blocks, isLive }: PartProps) {
  return (
    <div className="prose-part">
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
}, isSame);
