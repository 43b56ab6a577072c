import { useMutation, useQueryClient } from '@tanstack/react-query';

import { api, dataOf } from '~/api/client';
import { useCreation } from '~/api/useCreation';

interface ProjectFields {
  name: string;
  description: string | null;
}

export function useProjectActions() {
  const client = useQueryClient();
  const reread = () => client.invalidateQueries({ queryKey: ['projects'] });
  const create = useCreation(
    (body: ProjectFields, header) => dataOf(api.POST('/projects', { params: { header }, body })),
    { onSuccess: reread },
  );
  const update = useMutation({
    mutationFn: ({ id, ...body }: ProjectFields & { id: string }) =>
      dataOf(api.PATCH('/projects/{id}', { params: { path: { id } }, body })),
    onSuccess: ({ project }) => {
      client.setQueryData(['project', project.id], project);
      return reread();
    },
  });
  const remove = useMutation({
    mutationFn: (id: string) => dataOf(api.DELETE('/projects/{id}', { params: { path: { id } } })),
    onSuccess: async (_data, id) => {
      client.removeQueries({ queryKey: ['project', id] });
      await Promise.all([reread(), client.invalidateQueries({ queryKey: ['conversations'] })]);
    },
  });
  return { create, update, remove };
}
