import type { Conversation } from '~/api/types';
import type { MessageKey } from '~/locales';
import type { Group } from './groupByAge';

/** A line of the list: a heading, or a conversation below it. */
export type Row =
  | { key: string; title: MessageKey; conversation?: undefined }
  | { key: string; conversation: Conversation };

/** Groups one below the other. A conversation that two pages have, since it has moved between them, is there once. */
export function rowsOf(groups: readonly Group[]): Row[] {
  const known = new Set<string>();
  return groups.flatMap(({ title, conversations }) => [
    { key: title, title },
    ...conversations.flatMap((conversation) => {
      if (known.has(conversation.id)) return [];
      known.add(conversation.id);
      return [{ key: conversation.id, conversation }];
    }),
  ]);
}
