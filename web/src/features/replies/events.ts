import type { FinishReason, Usage } from '~/api/types';

/** What a stream of replies says, as in the API's table of events. */
export type ReplyEvent =
  | { type: 'message_start'; data: { messageId: string; userMessageId: string; modelId: string } }
  | { type: 'token' | 'reasoning'; data: { messageId: string; token: string } }
  | { type: 'status'; data: { messageId: string; status: string; detail: string } }
  | {
      type: 'message_complete';
      data: {
        messageId: string;
        totalTokens: number;
        usage: Usage | null;
        finishReason: FinishReason;
      };
    }
  | {
      type: 'error';
      data: { messageId: string; code: string; message: string; retryable: boolean };
    }
  | { type: 'close'; data: Record<string, never> };

export interface Received {
  /** `<message id>:<text offset>:<reasoning offset>`, absent on some events. */
  id: string | undefined;
  event: ReplyEvent;
}

const TYPES = new Set([
  'message_start',
  'token',
  'reasoning',
  'status',
  'message_complete',
  'error',
  'close',
]);

/** Reads one event; one of a kind that is not known yet is passed over. */
export function readEvent(raw: { id?: string; event?: string; data: string }): Received | null {
  if (!raw.event || !TYPES.has(raw.event)) return null;
  return {
    id: raw.id,
    event: { type: raw.event, data: JSON.parse(raw.data || '{}') } as ReplyEvent,
  };
}

/** The offsets in an event's id. */
export function offsetsOf(id: string | undefined): { text: number; reasoning: number } | null {
  const [, text, reasoning] = id?.split(':') ?? [];
  if (text === undefined || reasoning === undefined) return null;
  return { text: Number(text), reasoning: Number(reasoning) };
}
