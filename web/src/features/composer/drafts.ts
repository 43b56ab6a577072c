import { bigStorage } from '~/lib/bigStorage';
import { storage } from '~/lib/storage';
import type { Picture } from './images';

const TEXT = 'omnichat.draft.';
const PICTURES = 'omnichat.pictures.';
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
  get: (place: string): string => storage.get<Draft>(TEXT + place)?.text ?? '',

  set(place: string, text: string): void {
    if (text) storage.set(TEXT + place, { text, at: Date.now() } satisfies Draft);
    else storage.remove(TEXT + place);
  },

  pictures: async (place: string): Promise<readonly Picture[]> =>
    (await bigStorage.get<DraftPictures>(PICTURES + place))?.pictures ?? [],

  async setPictures(place: string, pictures: readonly Picture[]): Promise<void> {
    const key = PICTURES + place;
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

  async tidy(now = Date.now()): Promise<void> {
    const isOld = (draft: { at: number } | null) => now - (draft?.at ?? 0) > KEPT;
    for (const key of storage.keys(TEXT)) {
      if (isOld(storage.get<Draft>(key))) storage.remove(key);
    }
    for (const key of await bigStorage.keys(PICTURES)) {
      if (isOld(await bigStorage.get<DraftPictures>(key))) await bigStorage.remove(key);
    }
  },
};
