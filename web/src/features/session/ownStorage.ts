import { bigStorage } from '~/lib/bigStorage';
import { storage } from '~/lib/storage';
import { owner } from './session';

type Kind = 'choices' | 'draft' | 'import' | 'outbox' | 'pictures';

/** Where the browser keeps something for whose page this is. Nobody else comes upon it, and it is there when they are back. */
export const ownKey = (kind: Kind, name = ''): string =>
  `omnichat.${kind}.${owner.get() ?? 'nobody'}.${name}`;

/** Forgets all that is kept so: the account is gone. */
export async function forgetOwn(): Promise<void> {
  const isOwn = (key: string) => key.split('.')[2] === owner.get();
  for (const key of storage.keys('omnichat.').filter(isOwn)) storage.remove(key);
  const big = await bigStorage.keys('omnichat.');
  await Promise.all(big.filter(isOwn).map((key) => bigStorage.remove(key)));
}
