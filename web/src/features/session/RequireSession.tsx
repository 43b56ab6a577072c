import { useEffect, useState } from 'react';
import { Navigate, Outlet, useLocation } from 'react-router';

import { api, dataOf } from '~/api/client';
import { isApiError } from '~/api/errors';
import { ErrorNotice } from '~/components/ErrorNotice';
import { PageSpinner } from '~/components/Spinner';
import { useStore } from '~/lib/store';
import { leave, sessionBegan, sessionEnded, sessionState } from './session';

/** Lets in who is signed in, and asks the server when that is not known; everybody else is sent to sign in. */
export function RequireSession() {
  const state = useStore(sessionState);
  const { pathname, search } = useLocation();
  const [error, setError] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    if (sessionState.get() !== 'unknown') return;
    let isGone = false;
    dataOf(api.GET('/check_session'))
      .then((session) => sessionBegan(session) || leave())
      .catch((cause: unknown) => {
        if (isApiError(cause) && cause.status === 401) sessionEnded();
        else if (!isGone) setError(cause);
      });
    return () => {
      isGone = true;
    };
  }, [attempt]);

  if (state === 'out') {
    const next = pathname === '/' ? '' : `?next=${encodeURIComponent(pathname + search)}`;
    return <Navigate to={`/signin${next}`} replace />;
  }
  if (state === 'in') return <Outlet />;
  if (!error) return <PageSpinner />;
  const retry = () => {
    setError(null);
    setAttempt(attempt + 1);
  };
  return (
    <main className="mx-auto grid h-full max-w-md place-content-center p-6">
      <ErrorNotice error={error} onRetry={retry} />
    </main>
  );
}
