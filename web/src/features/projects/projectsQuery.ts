import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';

import { api, dataOf, pageOf } from '~/api/client';

export const projectsQuery = (q = '') =>
  infiniteQueryOptions({
    queryKey: ['projects', { q }],
    queryFn: ({ pageParam, signal }) =>
      pageOf(
        api.GET('/projects', {
          params: {
            query: { limit: 30, ...(q ? { q } : {}), ...(pageParam ? { cursor: pageParam } : {}) },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.pagination?.cursor ?? null,
  });

export const projectQuery = (id: string) =>
  queryOptions({
    queryKey: ['project', id],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/projects/{id}', { params: { path: { id } }, signal })).then(
        (data) => data.project,
      ),
  });
