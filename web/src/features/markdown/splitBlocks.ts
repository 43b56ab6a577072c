/** A piece of Markdown that can be rendered on its own. */
export type Block =
  | { kind: 'markdown'; text: string }
  | { kind: 'code'; language: string; text: string; isOpen: boolean };

const FENCE = /^ {0,3}(`{3,}|~{3,})[ \t]*([^\s`]*)[^`]*$/;
const LIST_ITEM = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)/;
const DEFINITION = /^ {0,3}\[[^\]]+\]:\s+\S/;
/** From this length on a list is cut between two items, so that its end does not cost more and more. */
const LONG = 3000;

/**
 * Splits Markdown at blank lines into blocks. While a reply is written all blocks but the last stay as they are, so
 * that each is rendered once. Fenced code is a block of its own and never parsed as Markdown.
 */
export function splitBlocks(source: string): Block[] {
  const blocks: Block[] = [];
  const definitions: string[] = [];
  let pending: string[] = [];
  let size = 0;
  let math = false;

  const settle = () => {
    const text = pending.join('\n').trimEnd();
    if (text) blocks.push({ kind: 'markdown', text });
    pending = [];
    size = 0;
  };

  const lines = source.split('\n');
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    const fence = math ? null : FENCE.exec(line);
    // In a list, code is indented with its item; only fences at the margin stand alone.
    if (fence && !/^ /.test(line)) {
      settle();
      const end = closingFence(lines, index, fence[1] ?? '```');
      blocks.push({
        kind: 'code',
        language: fence[2] ?? '',
        text: lines.slice(index + 1, end).join('\n'),
        isOpen: end === lines.length,
      });
      index = end;
      continue;
    }
    if (/^\s*(\$\$|\\\[|\\\])\s*$/.test(line)) math = !math;
    if (DEFINITION.test(line)) definitions.push(line);
    if (!math && pending.length > 0 && endsBlock(pending, line, size)) settle();
    pending.push(line);
    size += line.length;
  }
  settle();
  return definitions.length === 0
    ? blocks
    : blocks.map((block) => withDefinitions(block, definitions));
}

/** Whether a block is over before this line. */
function endsBlock(pending: string[], line: string, size: number): boolean {
  const isList = LIST_ITEM.test(pending.find((one) => one.trim() !== '') ?? '');
  if (isList && size > LONG && /^(?:[-*+]|\d)/.test(line) && LIST_ITEM.test(line)) return true;
  if (line.trim() === '' || (pending.at(-1) ?? '').trim() !== '') return false;
  return !/^\s/.test(line) && !(isList && LIST_ITEM.test(line));
}

function closingFence(lines: string[], open: number, mark: string): number {
  const close = new RegExp(`^ {0,3}\\${mark[0] ?? '`'}{${mark.length},}[ \\t]*$`);
  for (let index = open + 1; index < lines.length; index++) {
    if (close.test(lines[index] ?? '')) return index;
  }
  return lines.length;
}

/** `[text][1]` needs its `[1]: address`, wherever that stands. */
function withDefinitions(block: Block, definitions: string[]): Block {
  if (block.kind === 'code' || !block.text.includes('[')) return block;
  const missing = definitions.filter((line) => !block.text.includes(line));
  return missing.length === 0
    ? block
    : { ...block, text: `${block.text}\n\n${missing.join('\n')}` };
}
