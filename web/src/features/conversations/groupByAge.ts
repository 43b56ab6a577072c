import type { Conversation } from '~/api/types';
import type { MessageKey } from '~/locales';

export interface Group {
  title: MessageKey;
  conversations: Conversation[];
}

const DAY = 86_400_000;

/** Conversations under the headings a person looks for them under; the pinned ones first. */
export function groupByAge(conversations: readonly Conversation[], now = new Date()): Group[] {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const headingOf = ({ pinned, updatedAt }: Conversation): MessageKey => {
    const at = Date.parse(updatedAt);
    if (pinned) return 'list.pinned';
    if (at >= today) return 'list.today';
    if (at >= today - DAY) return 'list.yesterday';
    return at >= today - 7 * DAY ? 'list.week' : 'list.older';
  };
  const order: MessageKey[] = [
    'list.pinned',
    'list.today',
    'list.yesterday',
    'list.week',
    'list.older',
  ];
  return order
    .map((title) => ({
      title,
      conversations: conversations.filter((one) => headingOf(one) === title),
    }))
    .filter((group) => group.conversations.length > 0);
}
