import { queryOptions, useQuery } from '@tanstack/react-query';

import { api, dataOf } from '~/api/client';
import type { Model } from '~/api/types';

export const modelsQuery = queryOptions({
  queryKey: ['models'],
  queryFn: ({ signal }) => dataOf(api.GET('/models', { signal })).then((data) => data.models),
  staleTime: 60_000,
});

const NONE: Model[] = [];
export const useModels = (): Model[] => useQuery(modelsQuery).data ?? NONE;

/** What a model is called; one that is no longer offered keeps its id. */
export function useModelName(): (id: string) => string {
  const models = useModels();
  return (id) => models.find((model) => model.id === id)?.name ?? id;
}
