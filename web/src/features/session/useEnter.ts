import { useNavigate, useSearchParams } from 'react-router';

import { sessionBegan } from './session';

/** Goes where somebody was heading before having to sign in; never to another site, and never to where another person was. */
export function useEnter() {
  const navigate = useNavigate();
  const [params] = useSearchParams();
  return (session: Parameters<typeof sessionBegan>[0]) => {
    if (!sessionBegan(session)) return location.replace('/c');
    const next = params.get('next') ?? '/c';
    void navigate(/^\/(?![/\\])/.test(next) ? next : '/c', { replace: true });
  };
}
