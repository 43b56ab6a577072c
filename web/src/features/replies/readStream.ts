import { createParser } from 'eventsource-parser';

import { networkError } from '~/api/errors';
import { readEvent, type Received } from './events';

/** The server says something at least every 15 s; after this much silence the line is taken for dead. */
const SILENCE = 40_000;

/** The body of an event stream broke off before its `close`. */
export class StreamBroken extends Error {}

/**
 * Hands over each event of a stream, and returns after `close`. Throws `StreamBroken` where the body ends, breaks or
 * falls silent before it, and at once when the browser comes back online, since the old line is dead then.
 */
export async function readStream(
  response: Response,
  onEvent: (received: Received) => void,
  signal?: AbortSignal,
): Promise<void> {
  if (!response.body) throw new StreamBroken();
  const reader = response.body.getReader();
  let closed = false;
  const parser = createParser({
    onEvent(raw) {
      const received = readEvent(raw);
      if (received?.event.type === 'close') closed = true;
      else if (received) onEvent(received);
    },
  });
  const decoder = new TextDecoder();
  const hangUp = () => void reader.cancel().catch(() => undefined);
  let timer = setTimeout(hangUp, SILENCE);
  window.addEventListener('online', hangUp);
  signal?.addEventListener('abort', hangUp);
  try {
    while (!closed) {
      const { done, value } = await reader.read();
      if (done) break;
      clearTimeout(timer);
      timer = setTimeout(hangUp, SILENCE);
      parser.feed(decoder.decode(value, { stream: true }));
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (networkError(cause) === cause) throw cause;
    if (!(cause instanceof TypeError) && !(cause instanceof DOMException)) throw cause;
  } finally {
    clearTimeout(timer);
    window.removeEventListener('online', hangUp);
    signal?.removeEventListener('abort', hangUp);
    hangUp();
  }
  signal?.throwIfAborted();
  if (!closed) throw new StreamBroken();
}
