import { createStore } from '~/lib/store';

export interface Toast {
  id: number;
  text: string;
  tone: 'info' | 'danger';
}

export const toasts = createStore<readonly Toast[]>([]);
let next = 0;

/** Says something in passing; it goes by itself. */
export function toast(text: string, tone: Toast['tone'] = 'info'): void {
  const id = next++;
  toasts.set([...toasts.get().slice(-2), { id, text, tone }]);
  setTimeout(() => dismiss(id), 6000);
}

export function dismiss(id: number): void {
  toasts.set(toasts.get().filter((one) => one.id !== id));
}
