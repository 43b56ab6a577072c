import type { Reply } from './reply';

/** At most so much text is added to what is shown at once: as much as can be rendered without being noticed. */
export const STEP = 600;

/** What is shown of a reply next, after what is shown now. A reply that is first seen is shown whole. */
export function reveal(reply: Reply, shown: Reply | undefined): Reply {
  if (!shown || reply.text.length - shown.text.length <= STEP) return reply;
  let end = shown.text.length + STEP;
  // Not between the two halves of one character.
  if (/[\uD800-\uDBFF]/.test(reply.text.charAt(end - 1))) end++;
  return { ...reply, text: reply.text.slice(0, end), end: null };
}
