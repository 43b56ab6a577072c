import createClient from 'openapi-fetch';

import { sessionFetch } from '~/features/session/sessionFetch';
import { errorOf } from './errors';
import type { paths } from './schema';

/** The typed client of everything below `/api`; every call signs its caller in again where needed. */
export const api = createClient<paths>({
  baseUrl: `${location.origin}/api`,
  fetch: (request) => sessionFetch(request),
});

api.use({
  async onResponse({ response }) {
    if (!response.ok) throw await errorOf(response);
  },
});

/** What is in an answer's envelope. A refusal has been thrown before. */
export async function dataOf<T>(call: Promise<{ data?: { data: T } }>): Promise<T> {
  const { data } = await call;
  if (!data) throw new Error('The answer is empty.');
  return data.data;
}

/** The whole envelope, where `pagination` matters. */
export async function pageOf<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call;
  if (!data) throw new Error('The answer is empty.');
  return data;
}
