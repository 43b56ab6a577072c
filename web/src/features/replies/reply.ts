import type { FinishReason, Message, Usage } from '~/api/types';
import { offsetsOf, type Received } from './events';

/** A reply while it is made, as far as it is known here. */
export interface Reply {
  messageId: string;
  text: string;
  reasoning: string;
  /** Unicode scalar values of text and reasoning, which is what the server counts. */
  textOffset: number;
  reasoningOffset: number;
  /** What is done before the first token, such as `loading` a model. */
  progress: { status: string; detail: string } | null;
  end: ReplyEnd | null;
}

export interface ReplyEnd {
  finishReason: FinishReason;
  totalTokens: number | null;
  usage: Usage | null;
  error: { code: string; message: string; retryable: boolean } | null;
}

/** Something is missing between what is here and what came: the stream must be resumed from what is here. */
export class ReplyGap extends Error {}

/** How many Unicode scalar values a text has; JavaScript counts UTF-16 units. */
export function scalarLength(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0xd800 && unit <= 0xdbff) index++;
    count++;
  }
  return count;
}

/** What ends a stream, but not the reply: that goes on, and so does who asks again. */
const ONLY_THE_STREAM = new Set(['SESSION_REVOKED', 'SERVER_DRAINING']);

export function emptyReply(messageId: string): Reply {
  return {
    messageId,
    text: '',
    reasoning: '',
    textOffset: 0,
    reasoningOffset: 0,
    progress: null,
    end: null,
  };
}

/** A reply as it was stored when it was read, from which its stream goes on. */
export function replyOf(message: Message): Reply {
  return {
    ...emptyReply(message.id),
    text: message.content,
    reasoning: message.reasoning,
    textOffset: scalarLength(message.content),
    reasoningOffset: scalarLength(message.reasoning),
  };
}

/** The id of the last event that is in the reply, for `Last-Event-ID`. */
export const lastEventId = (reply: Reply): string =>
  `${reply.messageId}:${reply.textOffset}:${reply.reasoningOffset}`;

/** The reply after an event. An event that is in it already changes nothing, so that a stream may repeat itself. */
export function applyEvent(reply: Reply, { id, event }: Received): Reply {
  switch (event.type) {
    case 'token':
      return append(reply, 'text', 'textOffset', event.data.token, offsetsOf(id)?.text);
    case 'reasoning':
      return append(
        reply,
        'reasoning',
        'reasoningOffset',
        event.data.token,
        offsetsOf(id)?.reasoning,
      );
    case 'status':
      return { ...reply, progress: { status: event.data.status, detail: event.data.detail } };
    case 'message_complete': {
      const { finishReason, totalTokens, usage } = event.data;
      return { ...reply, progress: null, end: { finishReason, totalTokens, usage, error: null } };
    }
    case 'error': {
      const { code, message, retryable } = event.data;
      if (ONLY_THE_STREAM.has(code)) return reply;
      const error = { code, message, retryable };
      return {
        ...reply,
        progress: null,
        end: { finishReason: 'error', totalTokens: null, usage: null, error },
      };
    }
    default:
      return reply;
  }
}

function append(
  reply: Reply,
  field: 'text' | 'reasoning',
  offsetField: 'textOffset' | 'reasoningOffset',
  token: string,
  end: number | undefined,
): Reply {
  const have = reply[offsetField];
  const length = scalarLength(token);
  const begin = end === undefined ? have : end - length;
  if (begin + length <= have) return reply;
  if (begin > have) throw new ReplyGap();
  const fresh = begin === have ? token : [...token].slice(have - begin).join('');
  return {
    ...reply,
    progress: null,
    [field]: reply[field] + fresh,
    [offsetField]: begin + length,
  };
}
