import { networkError } from '~/api/errors';
import { ensureFresh, refresh, sessionEnded } from './session';

const OPEN = ['/api/login', '/api/logout', '/api/users', '/api/auth/', '/api/shared/'];
const isOpen = (url: string) => {
  const { pathname } = new URL(url);
  return (
    OPEN.some((path) => pathname === path || (path.endsWith('/') && pathname.startsWith(path))) ||
    pathname === '/api/login/verify'
  );
};
/** Below `/api/auth/` these two take an access token like everything else. */
const isGuarded = (url: string) => /\/api\/auth\/(sessions|tokens|events)/.test(url);

/**
 * `fetch` for a person who is signed in: the token is renewed before it expires, and a request that meets an
 * expired one all the same is made again with a new one. No request is lost to the change of tokens.
 */
export async function sessionFetch(request: Request): Promise<Response> {
  try {
    if (isOpen(request.url) && !isGuarded(request.url)) return await fetch(request);
    await ensureFresh();
    const again = request.clone();
    const response = await fetch(request);
    if (response.status !== 401 || !(await isExpiry(response))) return response;
    if (await refresh()) return await fetch(again);
    sessionEnded();
    return response;
  } catch (cause) {
    throw networkError(cause);
  }
}

/** A 401 may also say that a password was wrong, which no new token mends. */
async function isExpiry(response: Response): Promise<boolean> {
  const body = (await response
    .clone()
    .json()
    .catch(() => null)) as { error?: { code?: string } } | null;
  return ['UNAUTHORIZED', 'TOKEN_EXPIRED', 'TOKEN_REUSED'].includes(body?.error?.code ?? '');
}
