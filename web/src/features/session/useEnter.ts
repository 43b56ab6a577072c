import { useNavigate, useSearchParams } from 'react-router';

import { sessionBegan } from './session';

/** Goes where somebody was heading before having to sign in; never to another site. */
export function useEnter() {
  const navigate = useNavigate();
  const [params] = useSearchParams();
  return (expiresIn: number) => {
    sessionBegan(expiresIn);
    const next = params.get('next') ?? '/c';
    void navigate(/^\/(?![/\\])/.test(next) ? next : '/c', { replace: true });
  };
}
