import { QueryClientProvider } from '@tanstack/react-query';
import { useEffect } from 'react';
import { RouterProvider } from 'react-router';

import { Toasts } from '~/components/Toasts';
import { drafts } from '~/features/composer/drafts';
import { sessionState, watchOtherTabs } from '~/features/session/session';
import { useStore } from '~/lib/store';
import { localeStore } from '~/locales';
import { queryClient } from './queryClient';
import { router } from './router';

export function App() {
  // Everything is said anew in another language.
  const locale = useStore(localeStore);
  useEffect(() => {
    drafts.tidy();
    const stop = watchOtherTabs();
    const forget = sessionState.subscribe(() => {
      // What one person read is not for the next.
      if (sessionState.get() === 'out') queryClient.clear();
    });
    return () => {
      stop();
      forget();
    };
  }, []);
  return (
    <QueryClientProvider client={queryClient}>
      <RouterProvider key={locale} router={router} />
      <Toasts />
    </QueryClientProvider>
  );
}
