import type { Message, MessageContent } from '~/api/types';
import type { Outgoing } from '~/features/replies/outbox';
import { newId } from '~/lib/newId';

interface Options {
  models: string[];
  temperature: number | null;
}

const base = (conversationId: string, content: MessageContent, models: string[]) => ({
  key: newId(),
  conversationId,
  content,
  models,
  createdAt: new Date().toISOString(),
  state: 'sending' as const,
  problem: null,
});

const heat = (temperature: number | null) => (temperature === null ? {} : { temperature });

/** A new message to one model or several. */
export function newMessage(
  conversationId: string,
  content: MessageContent,
  options: Options,
): Outgoing {
  const { models, temperature } = options;
  const several = models.length > 1;
  return {
    ...base(conversationId, content, models),
    kind: 'send',
    path: several
      ? `/api/threads/${conversationId}/messages`
      : `/api/conversations/${conversationId}/messages`,
    body: {
      content,
      // Side by side, models still see all that was said, as one alone would.
      ...(several ? { models, history: 'all' } : models[0] ? { model: models[0] } : {}),
      ...heat(temperature),
    },
  };
}

/** Another reply in the place of one. */
export const regeneration = (reply: Message, model: string): Outgoing => ({
  ...base(reply.conversationId, '', [model]),
  kind: 'regenerate',
  path: `/api/messages/${reply.id}/regenerate`,
  body: { model },
});

/** A message of one's own in other words. */
export const edition = (message: Message, content: string): Outgoing => ({
  ...base(message.conversationId, content, [message.modelId]),
  kind: 'edit',
  path: `/api/messages/${message.id}/edit`,
  body: { content },
});
