import { useEffect, useMemo } from 'react';

import { outbox } from '~/features/replies/outbox';
import { useStore } from '~/lib/store';
import { useDelivery } from './useDelivery';

/** The messages of a conversation that have not arrived yet; those left over from before a reload go out again. */
export function useOutgoing(conversationId: string) {
  const all = useStore(outbox);
  const { send } = useDelivery();
  const own = useMemo(
    () => all.filter((one) => one.conversationId === conversationId),
    [all, conversationId],
  );

  useEffect(() => {
    for (const outgoing of outbox.get()) {
      if (outgoing.conversationId === conversationId && outgoing.state !== 'failed') send(outgoing);
    }
  }, [conversationId, send]);

  return own;
}
