import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'react-router';

import { NotFound } from '~/app/NotFound';
import { PageHeader } from '~/app/PageHeader';
import { isApiError } from '~/api/errors';
import { ConversationMenu } from '~/features/conversations/ConversationMenu';
import { RenameField } from '~/features/conversations/RenameField';
import { t } from '~/locales';
import { ContextGauge } from './ContextGauge';
import { conversationQuery } from './messagesQuery';
import { Thread } from './Thread';

export function ThreadPage() {
  const { id = '' } = useParams();
  const { data: conversation, error } = useQuery(conversationQuery(id));
  const [isRenaming, setRenaming] = useState(false);
  if (isApiError(error, 'NOT_FOUND')) return <NotFound />;

  const title = conversation?.title || t('conversation.untitled');
  return (
    <div className="flex h-full flex-col">
      <title>{`${title} · OmniChat`}</title>
      <PageHeader
        title={
          isRenaming && conversation ? (
            <RenameField conversation={conversation} onDone={() => setRenaming(false)} />
          ) : (
            <h1 className="truncate text-sm font-medium">{conversation ? title : ''}</h1>
          )
        }
      >
        {conversation?.projectId && (
          <Link
            to={`/p/${conversation.projectId}`}
            className="hidden px-2 text-sm text-ink-soft underline-offset-4 hover:text-ink hover:underline sm:block"
          >
            {t('project.open')}
          </Link>
        )}
        <ContextGauge conversationId={id} />
        {conversation && (
          <ConversationMenu conversation={conversation} onRename={() => setRenaming(true)} />
        )}
      </PageHeader>
      <Thread key={id} conversationId={id} conversation={conversation} />
    </div>
  );
}
