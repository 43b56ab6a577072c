import { storage } from '~/lib/storage';

const PREFIX = 'omnichat.draft.';
/** A draft that nobody has come back to for so long is forgotten. */
const KEPT = 60 * 86_400_000;

const GIVEN_BACK = 'omnichat:draft';

interface Draft {
  text: string;
  at: number;
}

/** What was typed and not sent, for each conversation, and for the one that is not begun yet. */
export const drafts = {
  get: (place: string): string => storage.get<Draft>(PREFIX + place)?.text ?? '',

  set(place: string, text: string): void {
    if (text) storage.set(PREFIX + place, { text, at: Date.now() } satisfies Draft);
    else storage.remove(PREFIX + place);
  },

  /** Puts a message that could not be sent back to where it was written, before what has been written there since. */
  giveBack(place: string, text: string): void {
    drafts.set(place, [text, drafts.get(place)].filter(Boolean).join('\n\n'));
    window.dispatchEvent(new Event(GIVEN_BACK));
  },

  onGivenBack(listener: () => void): () => void {
    window.addEventListener(GIVEN_BACK, listener);
    return () => window.removeEventListener(GIVEN_BACK, listener);
  },

  tidy(now = Date.now()): void {
    for (const key of storage.keys(PREFIX)) {
      if (now - (storage.get<Draft>(key)?.at ?? 0) > KEPT) storage.remove(key);
    }
  },
};
