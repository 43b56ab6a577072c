import { queryOptions, useQuery } from '@tanstack/react-query';

import { api, dataOf } from '~/api/client';

/** The profile of who is signed in, with the preferences. */
export const profileQuery = queryOptions({
  queryKey: ['profile'],
  queryFn: ({ signal }) => dataOf(api.GET('/profile', { signal })).then((data) => data.user),
  staleTime: 60_000,
});

export const useProfile = () => useQuery(profileQuery).data;

/** How somebody is greeted: by name, else by what stands before the `@`. */
export const nameOf = (user: { displayName: string | null; username: string }): string =>
  user.displayName || (user.username.split('@')[0] ?? user.username);
