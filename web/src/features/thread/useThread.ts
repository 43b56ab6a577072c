import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';

import { onTabMessage } from '~/lib/tabs';
import { messagesQuery } from './messagesQuery';
import { isRunning, turnsOf } from './turns';
import { useDelivery } from './useDelivery';

/** A conversation's turns as far as they are loaded, with all that is being written in it followed. */
export function useThread(conversationId: string) {
  const client = useQueryClient();
  const { follow } = useDelivery();
  const query = useInfiniteQuery(messagesQuery(conversationId));

  const messages = useMemo(
    () => (query.data?.pages ?? []).flatMap((page) => page.data.messages).reverse(),
    [query.data],
  );
  const turns = useMemo(() => turnsOf(messages), [messages]);

  useEffect(() => {
    for (const message of messages) if (isRunning(message)) follow(message);
  }, [messages, follow]);

  useEffect(
    () =>
      onTabMessage((message) => {
        if (message.type !== 'conversation-changed' || message.id !== conversationId) return;
        void client.invalidateQueries({ queryKey: messagesQuery(conversationId).queryKey });
      }),
    [client, conversationId],
  );

  return { ...query, messages, turns };
}
