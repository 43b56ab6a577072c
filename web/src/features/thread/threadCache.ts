import type { InfiniteData, QueryClient } from '@tanstack/react-query';

import type { Conversation, Message } from '~/api/types';
import { conversationQuery, messagesQuery } from './messagesQuery';

type Pages = InfiniteData<{ data: { messages: Message[] } }, string | null>;

const change = (client: QueryClient, conversationId: string, next: (pages: Pages) => Pages) =>
  client.setQueryData(messagesQuery(conversationId).queryKey, (pages) =>
    pages ? (next(pages as Pages) as typeof pages) : pages,
  );

const mapMessages = (
  pages: Pages,
  map: (messages: Message[], page: number) => Message[],
): Pages => ({
  ...pages,
  pages: pages.pages.map((page, index) => ({
    ...page,
    data: { ...page.data, messages: map(page.data.messages, index) },
  })),
});

/** Notes that a conversation has just been made, so that there is nothing to read yet. */
export function beginThread(client: QueryClient, conversation: Conversation): void {
  client.setQueryData(conversationQuery(conversation.id).queryKey, conversation);
  client.setQueryData(messagesQuery(conversation.id).queryKey, {
    pages: [{ success: true, data: { messages: [] }, timestamp: '', requestId: '' }],
    pageParams: [null],
  });
}

/** Before a change: what is being read at this moment may be from before it, and is read again. */
function outdateReading(client: QueryClient, conversationId: string): void {
  const { queryKey } = messagesQuery(conversationId);
  if (client.isFetching({ queryKey }) === 0) return;
  void client.cancelQueries({ queryKey }).then(() => client.invalidateQueries({ queryKey }));
}

/** Puts messages at the end of a conversation; one that is there already stays as it is. */
export function appendMessages(
  client: QueryClient,
  conversationId: string,
  added: Message[],
): void {
  outdateReading(client, conversationId);
  change(client, conversationId, (pages) => {
    const known = new Set(pages.pages.flatMap((page) => page.data.messages.map(({ id }) => id)));
    const fresh = added.filter(({ id }) => !known.has(id)).reverse();
    return mapMessages(pages, (messages, page) =>
      page === 0 ? [...fresh, ...messages] : messages,
    );
  });
}

/** Replaces one message by what the server now says of it. */
export function replaceMessage(client: QueryClient, message: Message): void {
  outdateReading(client, message.conversationId);
  change(client, message.conversationId, (pages) =>
    mapMessages(pages, (messages) =>
      messages.map((one) => (one.id === message.id ? message : one)),
    ),
  );
}

/** Reads a conversation anew from its end: another branch is the active one now. */
export async function rereadThread(client: QueryClient, conversationId: string): Promise<void> {
  change(client, conversationId, (pages) => ({
    pages: pages.pages.slice(0, 1),
    pageParams: pages.pageParams.slice(0, 1),
  }));
  await client.invalidateQueries({ queryKey: messagesQuery(conversationId).queryKey });
}
