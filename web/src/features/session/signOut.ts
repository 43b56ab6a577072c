import { api } from '~/api/client';
import { sessionEnded } from './session';

/** Ends this session on the server; here it is over even where the server cannot be told. */
export async function signOut(): Promise<void> {
  try {
    await api.POST('/logout', {});
  } finally {
    sessionEnded();
  }
}
