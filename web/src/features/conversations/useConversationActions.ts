import { useMutation, useQueryClient } from '@tanstack/react-query';

import { api, dataOf } from '~/api/client';
import type { Conversation } from '~/api/types';

interface Change {
  id: string;
  change: Partial<Pick<Conversation, 'title' | 'pinned' | 'archived' | 'model' | 'systemPrompt'>>;
}

/** What can be done to a conversation from wherever it is shown. */
export function useConversationActions() {
  const client = useQueryClient();
  const reread = (id: string) =>
    Promise.all([
      client.invalidateQueries({ queryKey: ['conversations'] }),
      client.invalidateQueries({ queryKey: ['conversation', id] }),
    ]);
  const update = useMutation({
    mutationFn: ({ id, change }: Change) =>
      dataOf(api.PATCH('/conversations/{id}', { params: { path: { id } }, body: change })),
    onSuccess: (_data, { id }) => reread(id),
  });
  const suggestTitle = useMutation({
    mutationFn: (id: string) =>
      dataOf(api.POST('/conversations/{id}/title', { params: { path: { id } } })),
    onSuccess: (_data, id) => reread(id),
  });
  const remove = useMutation({
    mutationFn: (id: string) =>
      dataOf(api.DELETE('/conversations/{id}', { params: { path: { id } } })),
    onSuccess: async (_data, id) => {
      client.removeQueries({ queryKey: ['messages', id] });
      client.removeQueries({ queryKey: ['conversation', id] });
      await client.invalidateQueries({ queryKey: ['conversations'] });
    },
  });
  return { update, suggestTitle, remove };
}
