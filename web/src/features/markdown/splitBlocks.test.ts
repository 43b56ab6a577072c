import { describe, expect, it } from 'vitest';

import { normalizeMath } from './normalizeMath';
import { safeHref, safeImage } from './safeLink';
import { splitBlocks } from './splitBlocks';

const texts = (source: string) => splitBlocks(source).map((block) => block.text);

describe('blocks of Markdown', () => {
  it('end at blank lines', () =>
    expect(texts('One.\n\nTwo\nlines.\n\n# Three')).toEqual(['One.', 'Two\nlines.', '# Three']));

  it('are lists as a whole, with what belongs to their items', () => {
    expect(texts('- a\n\n- b\n\n  more of b\n\nAfter.')).toEqual([
      '- a\n\n- b\n\n  more of b',
      'After.',
    ]);
  });

  it('are code with its language, blank lines and all', () => {
    expect(splitBlocks('See:\n```ts\nlet a;\n\nlet b;\n```\nDone.')).toEqual([
      { kind: 'markdown', text: 'See:' },
      { kind: 'code', language: 'ts', text: 'let a;\n\nlet b;', isOpen: false },
      { kind: 'markdown', text: 'Done.' },
    ]);
  });

  it('know code that is still open', () => {
    expect(splitBlocks('```py\nprint(')).toEqual([
      { kind: 'code', language: 'py', text: 'print(', isOpen: true },
    ]);
  });

  it('keep a formula together', () => {
    expect(texts('$$\na\n\nb\n$$\n\nText.')).toEqual(['$$\na\n\nb\n$$', 'Text.']);
  });

  it('take the addresses of their links along', () => {
    expect(texts('See [it][1].\n\nOther.\n\n[1]: https://example.org')[0]).toContain(
      '[1]: https://example.org',
    );
  });

  it('stay as they are while more is written', () => {
    const whole =
      '# A\n\nSome text.\n\n- x\n- y\n\n```js\n1\n```\n\nEnd [a](b).\n\n| a |\n|---|\n| b |';
    for (let length = 1; length < whole.length; length++) {
      const before = splitBlocks(whole.slice(0, length)).slice(0, -1);
      expect(splitBlocks(whole).slice(0, before.length)).toEqual(before);
    }
  });
});

describe('formulas', () => {
  it.each([
    ['\\(x\\)', '$$x$$'],
    ['so $x^2$ is', 'so $$x^2$$ is'],
    ['from $5 to $10', 'from $5 to $10'],
    ['`$x$`', '`$x$`'],
    ['```\n$x$\n```', '```\n$x$\n```'],
    ['\\[a\\]', '\n$$\na\n$$\n'],
    ['$$y$$', '\n$$\ny\n$$\n'],
    ['is $$y$$.', 'is $$y$$.'],
    ['```\n$$y$$\n```', '```\n$$y$$\n```'],
  ])('%j is read as %j', (text, expected) => expect(normalizeMath(text)).toBe(expected));
});

describe('links of a model', () => {
  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    '/api/logout',
    '//',
    'file:///x',
    '#a',
    'http://u:p@example.org',
  ])('%j leads nowhere', (href) => expect(safeHref(href)).toBeNull());
  it('lead to other sites', () =>
    expect(safeHref('https://example.org/a')).toBe('https://example.org/a'));
  it('show no image but an attachment', () => {
    expect(safeImage('/api/messages/01-a/attachments/02-b')).not.toBeNull();
    expect(safeImage('/api/projects/x/messages/stream')).toBeNull();
    expect(safeImage('https://example.org/a.png')).toBeNull();
  });
});
