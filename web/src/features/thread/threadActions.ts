import { useQueryClient } from '@tanstack/react-query';
import { createContext, use, useMemo } from 'react';

import { api, dataOf } from '~/api/client';
import type { Message } from '~/api/types';
import { messageOf } from '~/components/ErrorNotice';
import { toast } from '~/components/toasts';
import { drop, OUTDATED, type Outgoing } from '~/features/replies/outbox';
import { newId } from '~/lib/newId';
import { edition, regeneration } from './outgoing';
import { rereadThread } from './threadCache';
import type { Delivery } from './useDelivery';

/** What can be done to the messages of a thread. */
export interface ThreadActions {
  regenerate: (reply: Message, model: string) => void;
  edit: (message: Message, content: string) => void;
  /** Shows the branch of the sibling so many places further. */
  turnTo: (message: Message, step: 1 | -1) => Promise<void>;
  resend: (outgoing: Outgoing) => void;
  discard: (outgoing: Outgoing) => void;
}

export const ThreadActionsContext = createContext<ThreadActions | null>(null);

export function useActions(): ThreadActions | null {
  return use(ThreadActionsContext);
}

export function useThreadActions(delivery: Delivery): ThreadActions {
  const client = useQueryClient();
  return useMemo(
    () => ({
      regenerate: (reply, model) => delivery.send(regeneration(reply, model)),
      edit: (message, content) => delivery.send(edition(message, content)),
      async turnTo(message, step) {
        try {
          const { messages } = await siblingsOf(message.id);
          const index = messages.findIndex((one) => one.id === message.id);
          const target = messages[index + step];
          if (!target) return;
          await api.POST('/messages/{id}/select', { params: { path: { id: target.id } } });
          await rereadThread(client, message.conversationId);
        } catch (cause) {
          toast(messageOf(cause), 'danger');
        }
      },
      resend(outgoing) {
        if (outgoing.problem?.code !== OUTDATED) return delivery.send(outgoing);
        drop(outgoing.key);
        delivery.send({ ...outgoing, key: newId(), createdAt: new Date().toISOString() });
      },
      discard: (outgoing) => drop(outgoing.key),
    }),
    [client, delivery],
  );
}

export const siblingsOf = (id: string) =>
  dataOf(api.GET('/messages/{id}/siblings', { params: { path: { id } } }));
