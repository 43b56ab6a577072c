import { createStore } from './store';

export type Theme = 'system' | 'light' | 'dark';

// The plain word, not JSON: `public/theme.js` reads it before anything else has loaded.
const KEY = 'omnichat.theme';

function stored(): Theme {
  const found = document.documentElement.dataset.theme;
  return found === 'light' || found === 'dark' ? found : 'system';
}

export const theme = createStore<Theme>(stored());

export function chooseTheme(next: Theme): void {
  try {
    if (next === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // It holds until the page is left then.
  }
  if (next === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  theme.set(next);
}
