import { useEffect } from 'react';

import { outbox } from '~/features/replies/outbox';
import { useDelivery } from './useDelivery';

/** What has not arrived before the page was left goes out again, whichever page is opened next. */
export function useLeftovers(): void {
  const { send } = useDelivery();
  useEffect(() => {
    for (const outgoing of outbox.get()) if (outgoing.state !== 'failed') send(outgoing);
  }, [send]);
}
