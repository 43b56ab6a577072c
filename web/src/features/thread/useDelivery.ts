import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';

import { api, dataOf } from '~/api/client';
import { isApiError } from '~/api/errors';
import { deliver, type DeliveryListener } from '~/features/replies/deliver';
import { followReply, isFollowed } from '~/features/replies/followReply';
import { drop, type Outgoing } from '~/features/replies/outbox';
import { replyOf } from '~/features/replies/reply';
import { replies } from '~/features/replies/replyStore';
import { tellTabs } from '~/lib/tabs';
import { pauseBeforeRetry } from '~/lib/time';
import type { Message } from '~/api/types';
import { startedMessages } from './startedMessages';
import { appendMessages, replaceMessage, rereadThread } from './threadCache';

export interface Delivery {
  /** Sends a message and receives its replies, whatever the line does. */
  send: (outgoing: Outgoing) => void;
  /** Goes on with a reply that was found running. */
  follow: (message: Message) => void;
}

/** Joins the streams to the cache of what was read. */
export function useDelivery(): Delivery {
  const client = useQueryClient();
  return useMemo(() => deliveryOf(client), [client]);
}

function deliveryOf(client: QueryClient): Delivery {
  const settle = async (conversationId: string, messageId: string) => {
    const message = await readMessage(messageId);
    if (message) replaceMessage(client, message);
    replies.delete(messageId);
    touched(client, conversationId);
  };
  const listener: DeliveryListener = {
    onStarted(outgoing, started) {
      touched(client, outgoing.conversationId);
      if (outgoing.kind !== 'send') {
        // Until the other branch has been read, this stands for it.
        void rereadThread(client, outgoing.conversationId).then(() => drop(outgoing.key));
        return;
      }
      appendMessages(client, outgoing.conversationId, startedMessages(outgoing, started));
      drop(outgoing.key);
      if (typeof outgoing.content === 'string') return;
      void readMessage(started.userMessageId).then((own) => {
        if (own) replaceMessage(client, own);
      });
    },
    onEnded: (outgoing, messageId) => void settle(outgoing.conversationId, messageId),
  };
  return {
    send: (outgoing) => void deliver(outgoing, listener),
    follow(message) {
      if (isFollowed(message.id)) return;
      void followReply(replyOf(message)).then(() => settle(message.conversationId, message.id));
    },
  };
}

/** Something was said: lists show another order, and other tabs should know. */
function touched(client: QueryClient, conversationId: string): void {
  void client.invalidateQueries({ queryKey: ['conversations'] });
  void client.invalidateQueries({ queryKey: ['conversation', conversationId] });
  tellTabs({ type: 'conversation-changed', id: conversationId });
}

/** Reads a message for as long as that takes; null where it is gone. */
async function readMessage(id: string): Promise<Message | null> {
  for (let attempt = 0; ; attempt++) {
    try {
      return (await dataOf(api.GET('/messages/{id}', { params: { path: { id } } }))).message;
    } catch (cause) {
      if (isApiError(cause) && !cause.isTransient && cause.status !== 429) return null;
      await pauseBeforeRetry(attempt);
    }
  }
}
