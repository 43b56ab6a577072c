import { beforeEach, expect, it } from 'vitest';

import { drafts } from '~/features/composer/drafts';
import { bigStorage } from '~/lib/bigStorage';
import { storage } from '~/lib/storage';
import { forgetOwn, ownKey } from './ownStorage';
import { owner } from './session';

const picture = {
  id: 'p',
  name: 'dot.png',
  mediaType: 'image/png',
  url: 'data:image/png;base64,AA==',
} as const;

beforeEach(() => localStorage.clear());

it('what one person leaves is theirs alone, and there when they are back', async () => {
  owner.set('ada');
  drafts.set('new', 'Between us');
  await drafts.setPictures('new', [picture]);
  owner.set('bob');
  expect([drafts.get('new'), await drafts.pictures('new')]).toEqual(['', []]);
  drafts.set('new', 'Mine');
  owner.set('ada');
  expect([drafts.get('new'), await drafts.pictures('new')]).toEqual(['Between us', [picture]]);
});

it('what an account has left goes with it', async () => {
  owner.set('bob');
  drafts.set('new', 'Mine');
  owner.set('ada');
  drafts.set('new', 'Between us');
  storage.set(ownKey('choices', 'new'), {});
  storage.set('omnichat.sidebar', true);
  await drafts.setPictures('new', [picture]);
  await forgetOwn();
  expect(Object.keys(localStorage).sort()).toEqual(['omnichat.draft.bob.new', 'omnichat.sidebar']);
  expect(await bigStorage.keys('')).toEqual([]);
});
