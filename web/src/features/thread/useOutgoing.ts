import { useMemo } from 'react';

import { outbox, type Outgoing } from '~/features/replies/outbox';
import { useStore } from '~/lib/store';

/** The messages of a conversation that have not arrived yet. */
export function useOutgoing(conversationId: string): Outgoing[] {
  const all = useStore(outbox);
  return useMemo(
    () => all.filter((one) => one.conversationId === conversationId),
    [all, conversationId],
  );
}
