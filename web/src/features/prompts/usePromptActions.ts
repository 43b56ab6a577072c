import { useMutation, useQueryClient } from '@tanstack/react-query';

import { api, dataOf } from '~/api/client';
import type { Prompt } from '~/api/types';
import { useCreation } from '~/api/useCreation';

type PromptChange = Partial<Pick<Prompt, 'name' | 'content' | 'isActive'>> & {
  expectedVersion?: number;
};

export function usePromptActions(projectId: string) {
  const client = useQueryClient();
  const changed = async (prompt: Prompt) => {
    client.setQueryData(['prompt', prompt.id], prompt);
    await Promise.all([
      client.invalidateQueries({ queryKey: ['prompts', projectId] }),
      client.invalidateQueries({ queryKey: ['prompt-versions', prompt.id] }),
    ]);
  };
  const create = useCreation(
    (body: { name: string; content: string }, header) =>
      dataOf(
        api.POST('/projects/{id}/prompts', { params: { path: { id: projectId }, header }, body }),
      ),
    { onSuccess: ({ prompt }) => changed(prompt) },
  );
  const update = useMutation({
    mutationFn: ({ id, ...body }: PromptChange & { id: string }) =>
      dataOf(api.PATCH('/prompts/{id}', { params: { path: { id } }, body })),
    onSuccess: ({ prompt }) => changed(prompt),
  });
  const restore = useMutation({
    mutationFn: ({ id, version }: { id: string; version: number }) =>
      dataOf(api.POST('/prompts/{id}/restore', { params: { path: { id } }, body: { version } })),
    onSuccess: ({ prompt }) => changed(prompt),
  });
  const remove = useMutation({
    mutationFn: (id: string) => dataOf(api.DELETE('/prompts/{id}', { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['prompts', projectId] }),
  });
  return { create, update, restore, remove };
}
