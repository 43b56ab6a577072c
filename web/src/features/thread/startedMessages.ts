import type { Message } from '~/api/types';
import type { Started } from '~/features/replies/deliver';
import type { Outgoing } from '~/features/replies/outbox';

/** The two rows that the server has just made, as far as `message_start` tells them. */
export function startedMessages(outgoing: Outgoing, started: Started): Message[] {
  const common = {
    conversationId: outgoing.conversationId,
    threadId: outgoing.conversationId,
    turnId: started.userMessageId,
    siblingCount: 1,
    modelId: started.modelId,
    reasoning: '',
    attachments: [],
    tokens: null,
    temperature: null,
    finishReason: null,
    usage: null,
    error: null,
    answeredBy: null,
    context: null,
    promptVersions: [],
    createdAt: outgoing.createdAt,
  };
  return [
    {
      ...common,
      id: started.userMessageId,
      parentId: null,
      role: 'user',
      content: textOf(outgoing.content),
      status: 'complete',
    },
    {
      ...common,
      id: started.messageId,
      parentId: started.userMessageId,
      role: 'assistant',
      content: '',
      status: 'streaming',
    },
  ];
}

export const textOf = (content: Outgoing['content']): string =>
  typeof content === 'string'
    ? content
    : content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n');
