import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App } from '~/app/App';
import { loadLocale, preferredLocale } from '~/locales';
import './styles/app.css';

const root = document.getElementById('root');
if (!root) throw new Error('The page has no root.');

await loadLocale(preferredLocale());
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
