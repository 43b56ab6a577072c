import { ApiError, errorOf, isApiError } from '~/api/errors';
import { sessionState } from '~/features/session/session';
import { sessionFetch } from '~/features/session/sessionFetch';
import { pauseBeforeRetry, sleep } from '~/lib/time';
import type { ReplyEvent } from './events';
import { followReply, trackReply } from './followReply';
import { inOutbox, isOutdated, keep, OUTDATED, type Outgoing } from './outbox';
import { readStream } from './readStream';
import { applyEvent, emptyReply } from './reply';
import { replies } from './replyStore';

export type Started = Extract<ReplyEvent, { type: 'message_start' }>['data'];

/** What is told while a message goes out. */
export interface DeliveryListener {
  /** The server has it: from now on it may leave the outbox. */
  onStarted: (outgoing: Outgoing, started: Started) => void;
  onEnded: (outgoing: Outgoing, messageId: string) => void;
}

/** How often a server that fails is asked again; one that cannot be reached is asked for ever. */
const TRIES = 6;
const underway = new Set<string>();
/** Whether it is to go out: it may have been dropped, and where nobody is signed in it waits until somebody is. */
const isWanted = ({ key }: Outgoing) => inOutbox(key) !== undefined && sessionState.get() !== 'out';

/**
 * Sends a message until the server has it, and receives the replies to their end. It is posted again under the same
 * key for as long as nothing says that it arrived; from `message_start` on only the replies are followed.
 */
export async function deliver(outgoing: Outgoing, listener: DeliveryListener): Promise<void> {
  if (underway.has(outgoing.key)) return;
  underway.add(outgoing.key);
  keep({ ...outgoing, state: 'sending', problem: null });
  try {
    for (let attempt = 0; isWanted(outgoing); attempt++) {
      const outcome = await post(outgoing, listener).catch((cause: unknown) => cause);
      if (outcome === 'started') return;
      await recover(outgoing, outcome, attempt);
    }
  } catch (cause) {
    const { code, message } = isApiError(cause)
      ? cause
      : new ApiError(0, 'INTERNAL_ERROR', String(cause));
    if (isWanted(outgoing)) keep({ ...outgoing, state: 'failed', problem: { code, message } });
  } finally {
    underway.delete(outgoing.key);
  }
}

/** Waits before another try, or throws where none would help. */
async function recover(outgoing: Outgoing, cause: unknown, attempt: number): Promise<void> {
  if (isOutdated(outgoing)) throw new ApiError(0, OUTDATED, '');
  if (isApiError(cause)) {
    const mayPass = cause.isTransient || cause.code === 'RATE_LIMITED';
    if (!mayPass || (cause.status !== 0 && attempt >= TRIES)) throw cause;
  }
  if (isWanted(outgoing)) keep({ ...outgoing, state: 'waiting', problem: null });
  if (isApiError(cause) && cause.retryAfterSeconds) await sleep(cause.retryAfterSeconds * 1000);
  else await pauseBeforeRetry(attempt);
}

async function post(outgoing: Outgoing, listener: DeliveryListener): Promise<'started' | Error> {
  const response = await sessionFetch(
    new Request(outgoing.path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        'idempotency-key': outgoing.key,
      },
      body: JSON.stringify({ ...outgoing.body, stream: true }),
    }),
  );
  if (!response.ok) throw await errorOf(response);
  return receive(response, outgoing, listener);
}

/** Reads the answer to its end; a reply whose stream breaks is followed on its own from there. */
async function receive(
  response: Response,
  outgoing: Outgoing,
  listener: DeliveryListener,
): Promise<'started' | Error> {
  const started: string[] = [];
  let finish: () => void = () => undefined;
  const received = new Promise<void>((resolve) => (finish = resolve));
  let broken: unknown = null;
  try {
    await readStream(response, (incoming) => {
      const { event } = incoming;
      if (event.type === 'message_start') {
        const { messageId } = event.data;
        started.push(messageId);
        if (!replies.get(messageId)) replies.set(emptyReply(messageId));
        trackReply(messageId, received);
        listener.onStarted(outgoing, event.data);
      } else if (event.type !== 'close') {
        const reply = replies.get(event.data.messageId);
        if (reply) replies.set(applyEvent(reply, incoming));
        if (replies.get(event.data.messageId)?.end)
          listener.onEnded(outgoing, event.data.messageId);
      }
    });
  } catch (cause) {
    broken = cause;
  }
  finish();
  if (started.length === 0)
    return broken instanceof Error ? broken : new Error('The answer is empty.');
  for (const id of started) {
    const reply = replies.get(id);
    if (!reply || reply.end) continue;
    await Promise.resolve();
    void followReply(reply).then(() => listener.onEnded(outgoing, id));
  }
  return 'started';
}
