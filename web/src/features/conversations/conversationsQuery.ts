import { infiniteQueryOptions } from '@tanstack/react-query';

import { api, pageOf } from '~/api/client';

export interface ConversationFilter {
  q?: string;
  projectId?: string;
  archived?: boolean;
}

/** Conversations, last used first; with `q` those in which all its words stand. */
export const conversationsQuery = ({ q, projectId, archived = false }: ConversationFilter) =>
  infiniteQueryOptions({
    queryKey: ['conversations', { q, projectId, archived }],
    queryFn: ({ pageParam, signal }) =>
      pageOf(
        api.GET('/conversations', {
          params: {
            query: {
              limit: 50,
              ...(q ? { q } : {}),
              ...(projectId ? { projectId } : {}),
              // A search looks everywhere.
              ...(q ? {} : { archived }),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.pagination?.cursor ?? null,
  });
