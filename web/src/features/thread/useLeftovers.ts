import { useEffect } from 'react';

import { outbox, restoreBig } from '~/features/replies/outbox';
import { useDelivery } from './useDelivery';

/** What has not arrived before the page was left goes out again, whichever page is opened next. */
export function useLeftovers(): void {
  const { send } = useDelivery();
  useEffect(() => {
    const sendAll = () => {
      for (const outgoing of outbox.get()) if (outgoing.state !== 'failed') send(outgoing);
    };
    sendAll();
    void restoreBig().then(sendAll);
  }, [send]);
}
