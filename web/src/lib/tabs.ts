/** What the tabs of one browser tell each other. */
export type TabMessage =
  | { type: 'signed-in'; userId: string }
  | { type: 'signed-out' }
  | { type: 'conversation-changed'; id: string };

const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('omnichat');

export function tellTabs(message: TabMessage): void {
  channel?.postMessage(message);
}

export function onTabMessage(listener: (message: TabMessage) => void): () => void {
  const receive = (event: MessageEvent<TabMessage>) => listener(event.data);
  channel?.addEventListener('message', receive);
  return () => channel?.removeEventListener('message', receive);
}

/** Runs one task at a time under `name`, over all tabs where the browser can. */
export function withLock<T>(name: string, task: () => Promise<T>): Promise<T> {
  if (!navigator.locks) return task();
  return navigator.locks.request(`omnichat-${name}`, task) as Promise<T>;
}
