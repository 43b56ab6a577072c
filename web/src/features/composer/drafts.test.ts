import { beforeEach, expect, it } from 'vitest';

import { drafts } from './drafts';

beforeEach(() => localStorage.clear());

it('a draft is kept for its conversation', () => {
  drafts.set('a', 'To be continued');
  expect([drafts.get('a'), drafts.get('b')]).toEqual(['To be continued', '']);
  drafts.set('a', '');
  expect(drafts.get('a')).toBe('');
});

it('what is given back stands before what has been written since', () => {
  drafts.set('a', 'And then?');
  drafts.giveBack('a', 'First.');
  expect(drafts.get('a')).toBe('First.\n\nAnd then?');
});

it('a draft that nobody comes back to is forgotten in the end', () => {
  drafts.set('a', 'Old');
  drafts.tidy(Date.now() + 59 * 86_400_000);
  expect(drafts.get('a')).toBe('Old');
  drafts.tidy(Date.now() + 61 * 86_400_000);
  expect(drafts.get('a')).toBe('');
});
