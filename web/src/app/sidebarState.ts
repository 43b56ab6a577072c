import { createStore } from '~/lib/store';
import { storage } from '~/lib/storage';

const KEY = 'omnichat.sidebar';
const wide = matchMedia('(width >= 48rem)');
const preferred = () => wide.matches && storage.get<boolean>(KEY) !== false;

/** Whether the sidebar is there; what was chosen is kept for wide screens only. */
export const sidebarOpen = createStore(preferred());

// A page that becomes narrow, as by magnifying it, must not be covered by what stood beside it.
wide.addEventListener('change', () => sidebarOpen.set(preferred()));

/** On a phone the sidebar lies over the page. */
export const sidebarCovers = () => sidebarOpen.get() && !wide.matches;

export function setSidebar(isOpen: boolean): void {
  if (wide.matches) storage.set(KEY, isOpen);
  sidebarOpen.set(isOpen);
}

export const toggleSidebar = () => setSidebar(!sidebarOpen.get());
