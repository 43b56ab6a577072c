import { MutationCache, QueryClient } from '@tanstack/react-query';

import { isApiError } from '~/api/errors';
import { messageOf } from '~/components/ErrorNotice';
import { toast } from '~/components/toasts';

/** Reads are repeated where that may help; a failed change says so, unless its place on the page does. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (failures, error) =>
        failures < 3 && (!isApiError(error) || error.isTransient || error.code === 'RATE_LIMITED'),
      retryDelay: (attempt, error) =>
        isApiError(error) && error.retryAfterSeconds
          ? error.retryAfterSeconds * 1000
          : Math.min(8000, 500 * 2 ** attempt),
    },
  },
  mutationCache: new MutationCache({
    onError(error, _variables, _context, mutation) {
      if (!mutation.meta?.isShown) toast(messageOf(error), 'danger');
    },
  }),
});
