import { expect, it } from 'vitest';

import type { Conversation } from '~/api/types';
import { groupByAge } from './groupByAge';
import { rowsOf } from './rows';

const at = (id: string, updatedAt: string, pinned = false) =>
  ({ id, updatedAt, pinned }) as Conversation;

it('rows are headings with what is below them, each conversation once', () => {
  const now = new Date('2026-03-10T12:00:00');
  const groups = groupByAge(
    [
      at('a', '2026-03-10T11:00:00'),
      at('b', '2026-03-09T11:00:00'),
      at('a', '2026-03-10T11:00:00'),
      at('c', '2026-01-01T00:00:00', true),
    ],
    now,
  );
  expect(rowsOf(groups).map(({ key }) => key)).toEqual([
    'list.pinned',
    'c',
    'list.today',
    'a',
    'list.yesterday',
    'b',
  ]);
});
