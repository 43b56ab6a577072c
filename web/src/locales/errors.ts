/** What the server says of failures and of how far something has come, in another language than its own, which is English. */
export interface ErrorTexts {
  /** By `error.code`. */
  codes: Record<string, string>;
  /** By the server's very words, where a code has several meanings. `#` stands for a number. */
  sentences: Record<string, string>;
  /** What a field should have been. */
  expected: Record<string, string>;
  /** What is said of a password, sentence by sentence and without its full stops. */
  hints: Record<string, string>;
}

/** The text that stands in `table` for what was said, with its numbers put in. */
export function inTable(table: Record<string, string>, said: string): string | undefined {
  const numbers = said.match(/\d+/g) ?? [];
  return table[said.replace(/\d+/g, '#')]?.replace(/#/g, () => numbers.shift() ?? '');
}

/** What is expected of a field, each sentence of it where it is several; undefined where one is not known. */
export function expectation(texts: ErrorTexts, said: string): string | undefined {
  const whole = inTable(texts.expected, said);
  if (whole) return `${whole}.`;
  const sentences = said.split(/\.(?: |$)/).filter(Boolean);
  const known = sentences.map((sentence) => inTable(texts.hints, sentence));
  return known.every(Boolean) ? known.map((sentence) => `${sentence}.`).join(' ') : undefined;
}
