import { beforeEach, expect, it, vi } from 'vitest';

import type { Outgoing } from './outbox';

const message = (key: string, hoursAgo: number): Outgoing => ({
  key,
  conversationId: 'c',
  path: '/api/conversations/c/messages',
  body: {},
  kind: 'send',
  content: 'Hello',
  models: [],
  createdAt: new Date(Date.now() - hoursAgo * 3_600_000).toISOString(),
  state: 'waiting',
  problem: null,
});

/** The outbox as it is after a reload, and after somebody has signed in. */
const reloaded = async (userId = 'ada') => {
  vi.resetModules();
  const outbox = await import('./outbox');
  (await import('~/features/session/session')).owner.set(userId);
  return outbox;
};

beforeEach(() => localStorage.clear());

it('a message that has not arrived outlives a reload, until it is dropped', async () => {
  const before = await reloaded();
  before.keep(message('k', 1));
  const after = await reloaded();
  expect(after.outbox.get()).toMatchObject([{ key: 'k', state: 'waiting' }]);
  after.drop('k');
  expect((await reloaded()).outbox.get()).toEqual([]);
});

it('a message whose key the server has forgotten is kept, and not sent by itself', async () => {
  (await reloaded()).keep(message('k', 25));
  const { outbox, OUTDATED } = await reloaded();
  expect(outbox.get()).toMatchObject([{ state: 'failed', problem: { code: OUTDATED } }]);
});

it('a message is not found by whoever signs in next, and by its sender it is', async () => {
  (await reloaded('ada')).keep(message('k', 1));
  expect((await reloaded('bob')).outbox.get()).toEqual([]);
  expect((await reloaded('ada')).outbox.get()).toMatchObject([{ key: 'k' }]);
});

it('a message that is too big for the one storage is found in the other', async () => {
  const kept = new Map<string, unknown>();
  vi.doMock('~/lib/bigStorage', () => ({
    bigStorage: {
      get: (key: string) => Promise.resolve(kept.get(key) ?? null),
      set: (key: string, value: unknown) => Promise.resolve(kept.set(key, value)),
      remove: (key: string) => Promise.resolve(kept.delete(key)),
      keys: () => Promise.resolve([...kept.keys()]),
    },
  }));
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('It is full.', 'QuotaExceededError');
  });
  (await reloaded()).keep(message('k', 1));
  const after = await reloaded();
  await after.restoreBig();
  expect(after.outbox.get()).toMatchObject([{ key: 'k', state: 'waiting' }]);
  after.drop('k');
  expect(kept.size).toBe(0);
  vi.doUnmock('~/lib/bigStorage');
});
