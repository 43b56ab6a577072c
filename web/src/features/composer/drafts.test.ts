import { beforeEach, expect, it } from 'vitest';

import { drafts } from './drafts';
import type { Picture } from './images';

const picture = (id: string): Picture => ({
  id,
  name: `${id}.png`,
  mediaType: 'image/png',
  url: 'data:image/png;base64,AA==',
});

beforeEach(async () => {
  localStorage.clear();
  await drafts.setPictures('a', []);
});

it('a draft is kept for its conversation', () => {
  drafts.set('a', 'To be continued');
  expect([drafts.get('a'), drafts.get('b')]).toEqual(['To be continued', '']);
  drafts.set('a', '');
  expect(drafts.get('a')).toBe('');
});

it('what is given back stands before what has been written since', async () => {
  drafts.set('a', 'And then?');
  await drafts.setPictures('a', [picture('new')]);
  await drafts.giveBack('a', 'First.', [picture('old')]);
  expect(drafts.get('a')).toBe('First.\n\nAnd then?');
  expect(await drafts.pictures('a')).toEqual([picture('old'), picture('new')]);
});

it('pictures are there also where the browser keeps none', async () => {
  await drafts.setPictures('a', [picture('one')]);
  expect(await drafts.pictures('a')).toEqual([picture('one')]);
  await drafts.setPictures('a', []);
  expect(await drafts.pictures('a')).toEqual([]);
});

it('a draft that nobody comes back to is forgotten in the end', async () => {
  drafts.set('a', 'Old');
  await drafts.setPictures('a', [picture('old')]);
  await drafts.tidy(Date.now() + 59 * 86_400_000);
  expect([drafts.get('a'), await drafts.pictures('a')]).toEqual(['Old', [picture('old')]]);
  await drafts.tidy(Date.now() + 61 * 86_400_000);
  expect([drafts.get('a'), await drafts.pictures('a')]).toEqual(['', []]);
});
