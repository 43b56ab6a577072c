/** The whole sentences after `from`, as one would read them; at the end of a reply also what is left. */
export function newSentences(
  text: string,
  from: number,
  isOver: boolean,
): { text: string; end: number } {
  const rest = text.slice(from);
  const last = [...rest.matchAll(/[.!?:](?=\s)|\n/g)].at(-1);
  const length = isOver ? rest.length : last ? last.index + 1 : 0;
  return { text: spoken(rest.slice(0, length)), end: from + length };
}

/** Markdown without its signs; code is named, not read. */
function spoken(markdown: string): string {
  return markdown
    .replace(/```[\s\S]*?(?:```|$)/g, ' ')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^[ \t]*(?:#{1,6}|[-*+>]|\d+[.)])[ \t]+/gm, '')
    .replace(/[*_`~|]+/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}
