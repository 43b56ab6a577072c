import { useCallback, useSyncExternalStore } from 'react';

import type { Reply } from './reply';
import { reveal } from './reveal';

/**
 * The replies that are being made, outside React: tokens come faster than it is worth rendering. Listeners are told
 * once a frame at most, and more seldom where a rendering takes long, so that typing is never held up.
 */
export class ReplyStore {
  private replies = new Map<string, Reply>();
  private shown = new Map<string, Reply>();
  private leaving = new Set<string>();
  private listeners = new Set<() => void>();
  private scheduled = false;
  private pause = 0;

  get = (id: string): Reply | undefined => this.replies.get(id);

  /** What components see, which lags behind by a frame. */
  getShown = (id: string): Reply | undefined => this.shown.get(id);

  set(reply: Reply): void {
    this.replies.set(reply.messageId, reply);
    this.schedule();
  }

  /** Forgets a reply once everybody has seen its end. */
  delete(id: string): void {
    this.leaving.add(id);
    this.schedule();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private isWhole = (id: string): boolean => this.shown.get(id) === this.replies.get(id);

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    const flush = () => this.flush();
    // A hidden tab paints no frames, but must not fall behind either.
    if (document.hidden) setTimeout(flush, 250);
    else if (this.pause > 16) setTimeout(() => requestAnimationFrame(flush), this.pause - 16);
    else requestAnimationFrame(flush);
  }

  private flush(): void {
    this.scheduled = false;
    const last = this.shown;
    this.shown = new Map([...this.replies].map(([id, reply]) => [id, reveal(reply, last.get(id))]));
    const began = performance.now();
    const over = [...this.leaving].filter((id) => this.isWhole(id));
    for (const listener of [...this.listeners]) listener();
    for (const id of over) {
      this.leaving.delete(id);
      this.replies.delete(id);
    }
    if (over.length > 0 || ![...this.replies.keys()].every((id) => this.isWhole(id)))
      this.schedule();
    // React renders in a microtask after the last listener; the next task sees how long that took.
    setTimeout(() => {
      this.pause = Math.min(200, 3 * (performance.now() - began));
    });
  }
}

export const replies = new ReplyStore();

export function useReply(id: string): Reply | undefined {
  const get = useCallback(() => replies.getShown(id), [id]);
  return useSyncExternalStore(replies.subscribe, get);
}

/** Whether any of these messages is being written; it changes only when that does. */
export function useIsAnyRunning(ids: readonly string[]): boolean {
  const key = ids.join();
  const get = useCallback(
    () =>
      key.split(',').some((id) => {
        // One that has just begun is not shown yet.
        const reply = replies.getShown(id) ?? replies.get(id);
        return reply !== undefined && !reply.end;
      }),
    [key],
  );
  return useSyncExternalStore(replies.subscribe, get);
}
