import { createStore } from '~/lib/store';
import { storage } from '~/lib/storage';

const KEY = 'omnichat.sidebar';
const isWide = () => matchMedia('(width >= 48rem)').matches;

/** Whether the sidebar is there; what was chosen is kept for wide screens only. */
export const sidebarOpen = createStore(isWide() && storage.get<boolean>(KEY) !== false);

export function setSidebar(isOpen: boolean): void {
  if (isWide()) storage.set(KEY, isOpen);
  sidebarOpen.set(isOpen);
}

export const toggleSidebar = () => setSidebar(!sidebarOpen.get());
