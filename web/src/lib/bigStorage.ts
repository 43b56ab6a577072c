import { createStore, del, get, keys, set } from 'idb-keyval';

const store = createStore('omnichat', 'kept');
/** What the browser has refused to keep: it lives in this tab. */
const refused = new Map<string, unknown>();

/** `IndexedDB`, for what `storage` has no room for. It never throws either. */
export const bigStorage = {
  async get<T>(key: string): Promise<T | null> {
    const kept = await attempt(() => get<T>(key, store));
    return (refused.get(key) as T | undefined) ?? kept ?? null;
  },

  async set(key: string, value: unknown): Promise<void> {
    const isKept = await attempt(() => set(key, value, store).then(() => true));
    if (isKept) refused.delete(key);
    else refused.set(key, value);
  },

  async remove(key: string): Promise<void> {
    refused.delete(key);
    await attempt(() => del(key, store));
  },

  async keys(prefix: string): Promise<string[]> {
    const kept = (await attempt(() => keys<string>(store))) ?? [];
    return [...new Set([...kept, ...refused.keys()])].filter((key) => key.startsWith(prefix));
  },
};

/** What a browser without `IndexedDB` throws at once, or later, is nothing. */
async function attempt<T>(task: () => Promise<T>): Promise<T | undefined> {
  try {
    return await task();
  } catch {
    return undefined;
  }
}
