import { ownKey } from '~/features/session/ownStorage';
import { bigStorage } from '~/lib/bigStorage';
import { storage } from '~/lib/storage';
import type { Picture } from './images';

const textKey = (place: string) => ownKey('draft', place);
const picturesKey = (place: string) => ownKey('pictures', place);
/** A draft that nobody has come back to for so long is forgotten. */
const KEPT = 60 * 86_400_000;

const GIVEN_BACK = 'omnichat:draft';

interface Draft {
  text: string;
  at: number;
}

interface DraftPictures {
  pictures: readonly Picture[];
  at: number;
}

/** What was typed and not sent, for each conversation, and for the one that is not begun yet. */
export const drafts = {
  get: (place: string): string => storage.get<Draft>(textKey(place))?.text ?? '',

  set(place: string, text: string): void {
    if (text) storage.set(textKey(place), { text, at: Date.now() } satisfies Draft);
    else storage.remove(textKey(place));
  },

  pictures: async (place: string): Promise<readonly Picture[]> =>
    (await bigStorage.get<DraftPictures>(picturesKey(place)))?.pictures ?? [],

  async setPictures(place: string, pictures: readonly Picture[]): Promise<void> {
    const key = picturesKey(place);
    if (pictures.length === 0) await bigStorage.remove(key);
    else await bigStorage.set(key, { pictures, at: Date.now() } satisfies DraftPictures);
  },

  /** Puts a message that could not be sent back to where it was written, before what has been written there since. */
  async giveBack(place: string, text: string, pictures: readonly Picture[] = []): Promise<void> {
    drafts.set(place, [text, drafts.get(place)].filter(Boolean).join('\n\n'));
    window.dispatchEvent(new Event(GIVEN_BACK));
    if (pictures.length === 0) return;
    await drafts.setPictures(place, [...pictures, ...(await drafts.pictures(place))]);
    window.dispatchEvent(new Event(GIVEN_BACK));
  },

  onGivenBack(listener: () => void): () => void {
    window.addEventListener(GIVEN_BACK, listener);
    return () => window.removeEventListener(GIVEN_BACK, listener);
  },

  /** Forgets old drafts, whoever wrote them. */
  async tidy(now = Date.now()): Promise<void> {
    const isOld = (draft: { at: number } | null) => now - (draft?.at ?? 0) > KEPT;
    for (const key of storage.keys('omnichat.draft.')) {
      if (isOld(storage.get<Draft>(key))) storage.remove(key);
    }
    for (const key of await bigStorage.keys('omnichat.pictures.')) {
      if (isOld(await bigStorage.get<DraftPictures>(key))) await bigStorage.remove(key);
    }
  },
};
