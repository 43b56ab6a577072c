import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';

import { api, dataOf, pageOf } from '~/api/client';

/** A project's prompts in the order in which they are said; there are never many. */
export const promptsQuery = (projectId: string) =>
  queryOptions({
    queryKey: ['prompts', projectId],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/projects/{id}/prompts', {
          params: { path: { id: projectId }, query: { limit: 100 } },
          signal,
        }),
      ).then((data) => data.prompts),
  });

export const promptQuery = (id: string) =>
  queryOptions({
    queryKey: ['prompt', id],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/prompts/{id}', { params: { path: { id } }, signal })).then(
        (data) => data.prompt,
      ),
  });

export const versionsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['prompt-versions', id],
    queryFn: ({ pageParam, signal }) =>
      pageOf(
        api.GET('/prompts/{id}/versions', {
          params: {
            path: { id },
            query: { limit: 30, ...(pageParam ? { cursor: pageParam } : {}) },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.pagination?.cursor ?? null,
  });
