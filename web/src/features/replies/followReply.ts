import { errorOf, isApiError } from '~/api/errors';
import { sessionFetch } from '~/features/session/sessionFetch';
import { pauseBeforeRetry } from '~/lib/time';
import { readStream, StreamBroken } from './readStream';
import { applyEvent, lastEventId, type Reply } from './reply';
import { replies } from './replyStore';

/** Who follows which reply: one stream each, however many components ask. */
const following = new Map<string, Promise<void>>();

/** Notes that a reply is being received already, so that nobody opens a second stream of it. */
export function trackReply(messageId: string, received: Promise<void>): void {
  if (following.has(messageId)) return;
  following.set(messageId, received);
  const forget = () => following.delete(messageId);
  received.then(forget, forget);
}

export const isFollowed = (messageId: string): boolean => following.has(messageId);

/** Follows a reply from where it is known here to its end, over as many connections as that takes. */
export function followReply(reply: Reply): Promise<void> {
  const { messageId } = reply;
  const known = following.get(messageId);
  if (known) return known;
  if (!replies.get(messageId)) replies.set(reply);
  const done = follow(messageId).finally(() => following.delete(messageId));
  following.set(messageId, done);
  return done;
}

/** Whether there is nothing more to receive: it has ended, or nobody has it here any more. */
const isOver = (messageId: string) => replies.get(messageId)?.end !== null;

async function follow(messageId: string): Promise<void> {
  for (let attempt = 0; !isOver(messageId); attempt++) {
    const before = offsets(messageId);
    try {
      await listen(messageId);
      return;
    } catch (cause) {
      if (isApiError(cause) && !cause.isTransient && cause.status !== 429) return;
      if (offsets(messageId) !== before) attempt = 0;
      await pauseBeforeRetry(attempt);
    }
  }
}

const offsets = (messageId: string) => {
  const reply = replies.get(messageId);
  return reply ? lastEventId(reply) : '';
};

async function listen(messageId: string): Promise<void> {
  const request = new Request(`/api/messages/${messageId}/stream`, {
    headers: { accept: 'text/event-stream', 'last-event-id': offsets(messageId) },
  });
  const response = await sessionFetch(request);
  if (response.status === 204) return;
  if (!response.ok) throw await errorOf(response);
  await readStream(response, (received) => {
    const reply = replies.get(messageId);
    if (reply) replies.set(applyEvent(reply, received));
  });
  if (!isOver(messageId)) throw new StreamBroken();
}
