import { createStore } from '~/lib/store';
import { storage } from '~/lib/storage';
import { onTabMessage, tellTabs, withLock } from '~/lib/tabs';

/** Who is signed in here: not yet known, somebody, or nobody. */
export type SessionState = 'unknown' | 'in' | 'out';

const KEY = 'omnichat.session';
/** A token is replaced so long before it expires. */
const MARGIN = 60_000;

/** When the access token (a cookie that no script can read) expires, shared between tabs. */
interface Lease {
  expiresAt: number;
}

/** What the server says of a session. */
interface Session {
  expiresIn: number;
  user: { id: string };
}

export const sessionState = createStore<SessionState>('unknown');
/** Whose page this is, once somebody has signed in. What it holds and has underway is theirs alone, for as long as it is open. */
export const owner = createStore<string | null>(null);
let refreshing: Promise<boolean> | null = null;

const lease = () => storage.get<Lease>(KEY);
const isFresh = () => (lease()?.expiresAt ?? 0) - MARGIN > Date.now();

/** Notes that a token good for `expiresIn` seconds has come. False where it is for somebody else than the page. */
export function sessionBegan({ expiresIn, user }: Session): boolean {
  const wasIn = sessionState.get() === 'in';
  storage.set(KEY, { expiresAt: Date.now() + expiresIn * 1000 } satisfies Lease);
  const isOurs = admit(user.id);
  if (!wasIn || !isOurs) tellTabs({ type: 'signed-in', userId: user.id });
  return isOurs;
}

/** Lets in who is signed in; false where the page is another's. */
function admit(userId: string): boolean {
  if ((owner.get() ?? userId) !== userId) return false;
  owner.set(userId);
  sessionState.set('in');
  return true;
}

/** Leaves a page whose owner is not who is signed in: nothing that waits on it goes on. */
export function leave(): Promise<never> {
  location.reload();
  return new Promise(() => undefined);
}

/** Notes that nobody is signed in any more, here and in the other tabs. */
export function sessionEnded(): void {
  const wasIn = sessionState.get() === 'in';
  storage.remove(KEY);
  sessionState.set('out');
  if (wasIn) tellTabs({ type: 'signed-out' });
}

/** Before a request: replaces a token that is about to expire. */
export async function ensureFresh(): Promise<void> {
  if (lease() && !isFresh()) await refresh(lease()?.expiresAt);
}

/**
 * Gets a new token, once for all that ask meanwhile, over all tabs: who had to wait for another tab finds
 * that the lease is no longer the `stale` one and is done. False where the session is over.
 */
export function refresh(stale = lease()?.expiresAt): Promise<boolean> {
  refreshing ??= withLock('refresh', async () => {
    const now = lease()?.expiresAt;
    if (now !== undefined && now !== stale && isFresh()) return true;
    const response = await fetch('/api/auth/refresh', { method: 'POST' });
    // Without a refresh token at all that is a 400.
    if (response.status === 400 || response.status === 401) return false;
    if (!response.ok) throw new TypeError(`refresh answered ${response.status}`);
    const { data } = (await response.json()) as { data: Session };
    return sessionBegan(data) || leave();
  }).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

/** Renews the token also while nothing is asked for: what the browser fetches by itself, as images, meets no expired one. */
export function keepFresh(): () => void {
  const timer = setInterval(() => {
    // A page that nobody sees renews its token when it is looked at again.
    if (sessionState.get() === 'in' && !document.hidden) void ensureFresh().catch(() => undefined);
  }, MARGIN / 2);
  return () => clearInterval(timer);
}

/** Follows what the other tabs do. */
export function watchOtherTabs(): () => void {
  return onTabMessage((message) => {
    if (message.type === 'signed-out') sessionState.set('out');
    if (message.type === 'signed-in' && !admit(message.userId)) void leave();
  });
}
