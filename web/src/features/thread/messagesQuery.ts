import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';

import { api, dataOf, pageOf } from '~/api/client';

/** One page of a conversation's active branch; the first page has the newest, each page its newest first. */
export const messagesQuery = (conversationId: string) =>
  infiniteQueryOptions({
    queryKey: ['messages', conversationId],
    queryFn: ({ pageParam, signal }) =>
      pageOf(
        api.GET('/conversations/{id}/messages', {
          params: {
            path: { id: conversationId },
            query: { limit: 50, ...(pageParam ? { cursor: pageParam } : {}) },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.pagination?.cursor ?? null,
    staleTime: 15_000,
  });

export const conversationQuery = (conversationId: string) =>
  queryOptions({
    queryKey: ['conversation', conversationId],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/conversations/{id}', { params: { path: { id: conversationId } }, signal }),
      ).then((data) => data.conversation),
    staleTime: 15_000,
  });
