/** Waits; rejects with the signal's reason when aborted. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** How long to wait before try number `attempt` (from 0): 0.5 s doubling to 15 s, less up to half by chance. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const longest = Math.min(15_000, 500 * 2 ** attempt);
  return longest * (0.5 + random() / 2);
}

/** Waits for a while, or until the browser says that it is online again. */
export async function pauseBeforeRetry(attempt: number, signal?: AbortSignal): Promise<void> {
  const woken = new AbortController();
  const wake = () => woken.abort();
  window.addEventListener('online', wake, { once: true });
  try {
    await sleep(backoff(attempt), signal ? AbortSignal.any([signal, woken.signal]) : woken.signal);
  } catch {
    signal?.throwIfAborted();
  } finally {
    window.removeEventListener('online', wake);
  }
}
