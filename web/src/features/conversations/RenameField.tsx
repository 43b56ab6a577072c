import { useRef, useState } from 'react';

import type { Conversation } from '~/api/types';
import { t } from '~/locales';
import { useConversationActions } from './useConversationActions';

/** A title that is being changed: Enter or leaving keeps it, Escape does not. */
export function RenameField({
  conversation,
  onDone,
}: {
  conversation: Conversation;
  onDone: () => void;
}) {
  const { update } = useConversationActions();
  const [title, setTitle] = useState(conversation.title ?? '');
  const isOver = useRef(false);
  const finish = (keep: boolean) => {
    if (isOver.current) return;
    isOver.current = true;
    const next = title.trim();
    if (keep && next && next !== conversation.title)
      update.mutate({ id: conversation.id, change: { title: next } });
    onDone();
  };
  return (
    <input
      aria-label={t('conversation.newTitle')}
      value={title}
      autoFocus
      onFocus={(event) => event.target.select()}
      onChange={(event) => setTitle(event.target.value)}
      onBlur={() => finish(true)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') finish(true);
        if (event.key === 'Escape') finish(false);
      }}
      className="h-9 w-full rounded-lg border border-accent bg-page px-2.5 text-sm outline-none"
    />
  );
}
