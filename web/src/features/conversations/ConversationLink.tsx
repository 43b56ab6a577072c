import { Pin } from 'lucide-react';
import { memo, useState } from 'react';
import { NavLink } from 'react-router';

import type { Conversation } from '~/api/types';
import { cx } from '~/lib/cx';
import { t } from '~/locales';
import { ConversationMenu } from './ConversationMenu';
import { RenameField } from './RenameField';

/** One conversation in the sidebar: its title, renamed in place, and a menu. */
export const ConversationLink = memo(function ConversationLink({
  conversation,
}: {
  conversation: Conversation;
}) {
  const [isRenaming, setRenaming] = useState(false);
  if (isRenaming)
    return <RenameField conversation={conversation} onDone={() => setRenaming(false)} />;
  return (
    <>
      <NavLink
        to={`/c/${conversation.id}`}
        className={({ isActive }) =>
          cx(
            'flex h-9 items-center gap-2 rounded-lg pr-9 pl-2.5 text-sm hover:bg-hover',
            isActive && 'bg-hover font-medium',
          )
        }
      >
        {conversation.pinned && (
          <Pin className="size-3 shrink-0 text-ink-soft" aria-label={t('list.pinned')} />
        )}
        <span className="truncate">{conversation.title || t('conversation.untitled')}</span>
      </NavLink>
      <span className="absolute top-1 right-1 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 has-[[popover]]:opacity-100 pointer-coarse:opacity-100">
        <ConversationMenu conversation={conversation} isSmall onRename={() => setRenaming(true)} />
      </span>
    </>
  );
});
