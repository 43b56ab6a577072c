/** Code spans and fences, which are left alone, or one way in which models write formulas. */
const PIECES =
  /(```[\s\S]*?(?:```|$)|~~~[\s\S]*?(?:~~~|$)|`+[^`\n]*`+)|(?<=^|\n)[ \t]*\$\$([^$\n]+)\$\$[ \t]*(?=\n|$)|\\\[([\s\S]+?)\\\]|\\\(([\s\S]+?)\\\)|(?<![\\$\w])\$(?![\s$])((?:\\.|[^$\\\n])+?)(?<![\s\\])\$(?![\d$\w])/g;

export const mayHaveMath = (text: string): boolean => /\$|\\\(|\\\[/.test(text);

/**
 * Brings `\[…\]`, `\(…\)` and `$…$` into the one form that is read, `$$…$$`; a formula that has a line to itself is
 * displayed. A dollar followed by a blank, or closed before a digit, is money.
 */
export function normalizeMath(text: string): string {
  return text.replace(
    PIECES,
    (
      whole: string,
      code?: string,
      line?: string,
      brackets?: string,
      inline?: string,
      dollars?: string,
    ) => {
      if (code !== undefined) return whole;
      const display = line ?? brackets;
      if (display !== undefined) return `\n$$\n${display.trim()}\n$$\n`;
      if (inline !== undefined) return `$$${inline.trim()}$$`;
      return `$$${dollars ?? ''}$$`;
    },
  );
}
