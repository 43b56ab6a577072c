import { describe, expect, it } from 'vitest';

import type { Received, ReplyEvent } from './events';
import { applyEvent, emptyReply, lastEventId, ReplyGap, scalarLength } from './reply';
import { reveal, STEP } from './reveal';

const token = (text: string, id: string): Received => ({
  id,
  event: { type: 'token', data: { messageId: 'm', token: text } },
});
const received = (event: ReplyEvent): Received => ({ id: undefined, event });

describe('a reply that is streamed', () => {
  it('grows by its tokens, counted as the server counts', () => {
    let reply = emptyReply('m');
    reply = applyEvent(reply, token('Hé', 'm:2:0'));
    reply = applyEvent(reply, token(' 👩‍🚀', 'm:6:0'));
    expect(reply.text).toBe('Hé 👩‍🚀');
    expect(lastEventId(reply)).toBe('m:6:0');
    expect(scalarLength(reply.text)).toBe(6);
  });

  it('does not change by what it has already', () => {
    const reply = applyEvent(emptyReply('m'), token('abc', 'm:3:0'));
    expect(applyEvent(reply, token('abc', 'm:3:0'))).toBe(reply);
    expect(applyEvent(reply, token('c', 'm:3:0'))).toBe(reply);
  });

  it('takes the new part of a token that it has in part', () => {
    const reply = applyEvent(emptyReply('m'), token('ab', 'm:2:0'));
    expect(applyEvent(reply, token('abcd', 'm:4:0')).text).toBe('abcd');
  });

  it('notices that something is missing', () => {
    expect(() => applyEvent(emptyReply('m'), token('d', 'm:4:0'))).toThrow(ReplyGap);
  });

  it('keeps thoughts apart', () => {
    const thought = { type: 'reasoning', data: { messageId: 'm', token: 'Hm' } } as const;
    const reply = applyEvent(emptyReply('m'), { id: 'm:0:2', event: thought });
    expect(reply).toMatchObject({ text: '', reasoning: 'Hm', reasoningOffset: 2 });
  });

  it('ends with what the server says of it', () => {
    const data = { messageId: 'm', code: 'PROVIDER_ERROR', message: 'No.', retryable: true };
    expect(applyEvent(emptyReply('m'), received({ type: 'error', data })).end?.error?.code).toBe(
      'PROVIDER_ERROR',
    );
  });

  it('does not end because its stream does', () => {
    const data = { messageId: 'm', code: 'SERVER_DRAINING', message: 'Later.', retryable: true };
    expect(applyEvent(emptyReply('m'), received({ type: 'error', data })).end).toBeNull();
  });
});

describe('what is shown of a reply', () => {
  const long = { ...emptyReply('m'), text: 'x'.repeat(STEP * 3) };

  it('is all of it where it is first seen', () => expect(reveal(long, undefined)).toBe(long));

  it('grows by a step at a time', () => {
    const first = reveal(long, emptyReply('m'));
    expect(first.text).toHaveLength(STEP);
    expect(reveal(long, reveal(long, first))).toBe(long);
  });

  it('never has half a character', () => {
    const faces = { ...emptyReply('m'), text: `y${'😀'.repeat(STEP)}` };
    expect(reveal(faces, emptyReply('m')).text.isWellFormed()).toBe(true);
  });
});
