import { QueryClientProvider } from '@tanstack/react-query';
import { useEffect } from 'react';
import { RouterProvider } from 'react-router';

import { Toasts } from '~/components/Toasts';
import { drafts } from '~/features/composer/drafts';
import { keepFresh, sessionState, watchOtherTabs } from '~/features/session/session';
import { useStore } from '~/lib/store';
import { localeStore } from '~/locales';
import { queryClient } from './queryClient';
import { router } from './router';

export function App() {
  // Everything is said anew in another language.
  const locale = useStore(localeStore);
  useEffect(() => {
    void drafts.tidy();
    // What one person read is not for the next.
    const forget = () => sessionState.get() === 'out' && queryClient.clear();
    const ends = [watchOtherTabs(), keepFresh(), sessionState.subscribe(forget)];
    return () => ends.forEach((end) => end());
  }, []);
  return (
    <QueryClientProvider client={queryClient}>
      <RouterProvider key={locale} router={router} />
      <Toasts />
    </QueryClientProvider>
  );
}
