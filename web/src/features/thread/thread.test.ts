import { describe, expect, it } from 'vitest';

import type { Conversation, Message } from '~/api/types';
import { drafts } from '~/features/composer/drafts';
import { groupByAge } from '~/features/conversations/groupByAge';
import { diffLines } from '~/features/prompts/diffLines';
import { drop, keep, outbox } from '~/features/replies/outbox';
import { ownKey } from '~/features/session/ownStorage';
import { everyDay } from '~/features/settings/everyDay';
import { newSentences } from './newSentences';
import { newMessage } from './outgoing';
import { turnsOf } from './turns';

const message = (id: string, role: 'user' | 'assistant', parentId: string | null) =>
  ({ id, role, parentId }) as Message;

describe('turns', () => {
  it('have one message and all that was answered to it', () => {
    const turns = turnsOf([
      message('u1', 'user', null),
      message('a1', 'assistant', 'u1'),
      message('a2', 'assistant', 'u1'),
      message('u2', 'user', 'a2'),
    ]);
    expect(turns.map(({ id, replies }) => [id, replies.length])).toEqual([
      ['u1', 2],
      ['u2', 0],
    ]);
  });

  it('keep their id when the message is loaded after its reply', () => {
    const reply = message('a1', 'assistant', 'u1');
    expect(turnsOf([reply])[0]?.id).toBe(turnsOf([message('u1', 'user', null), reply])[0]?.id);
  });
});

describe('what a screen reader hears', () => {
  it('is whole sentences, each once', () => {
    const text = '## One\nHere is `it`. And half';
    const first = newSentences(text, 0, false);
    expect(first.text).toBe('One Here is it.');
    expect(newSentences(`${text} more.`, first.end, true).text).toBe('And half more.');
  });
});

describe('an outgoing message', () => {
  it('is kept in the browser until it is dropped', () => {
    const outgoing = newMessage('c', 'Hello', { models: ['a'], temperature: null });
    keep(outgoing);
    expect(localStorage.getItem(ownKey('outbox', outgoing.key))).toContain('Hello');
    drop(outgoing.key);
    expect(outbox.get()).toEqual([]);
    expect(localStorage.getItem(ownKey('outbox', outgoing.key))).toBeNull();
  });

  it('goes to several models at once', () => {
    const { path, body } = newMessage('c', 'Hello', { models: ['a', 'b'], temperature: 0.2 });
    expect(path).toBe('/api/threads/c/messages');
    expect(body).toEqual({
      content: 'Hello',
      models: ['a', 'b'],
      history: 'all',
      temperature: 0.2,
    });
  });
});

describe('drafts', () => {
  it('are kept apart, and forgotten when they are empty or old', () => {
    drafts.set('a', 'one');
    drafts.set('b', 'two');
    expect([drafts.get('a'), drafts.get('b')]).toEqual(['one', 'two']);
    drafts.set('a', '');
    drafts.tidy(Date.now() + 61 * 86_400_000);
    expect([drafts.get('a'), drafts.get('b')]).toEqual(['', '']);
  });
});

describe('lists', () => {
  it('of conversations stand under the day of their last message', () => {
    const now = new Date(2026, 4, 10, 12);
    const at = (days: number, pinned = false) =>
      ({
        pinned,
        updatedAt: new Date(now.getTime() - days * 86_400_000).toISOString(),
      }) as Conversation;
    const groups = groupByAge([at(0), at(1), at(3), at(30), at(40, true)], now);
    expect(groups.map(({ title }) => title)).toEqual([
      'list.pinned',
      'list.today',
      'list.yesterday',
      'list.week',
      'list.older',
    ]);
  });

  it('of usage have every day', () => {
    expect(
      everyDay({ from: '2026-01-30', to: '2026-02-02', usage: [] }).map(({ day }) => day),
    ).toEqual(['2026-01-30', '2026-01-31', '2026-02-01', '2026-02-02']);
  });

  it('of changes say what came and went', () => {
    expect(diffLines('a\nb\n', 'a\nc\n').map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      'same a',
      'removed b',
      'added c',
    ]);
  });
});
