import { useInfiniteQuery } from '@tanstack/react-query';
import { MessageSquare } from 'lucide-react';
import { Link } from 'react-router';

import { useEndless } from '~/components/useEndless';
import { conversationsQuery } from '~/features/conversations/conversationsQuery';
import { formatDateTime } from '~/lib/format';
import { t } from '~/locales';

export function ProjectConversations({ projectId }: { projectId: string }) {
  const query = useInfiniteQuery(conversationsQuery({ projectId }));
  const conversations = query.data?.pages.flatMap((page) => page.data.conversations) ?? [];
  const end = useEndless(() => void query.fetchNextPage(), query.hasNextPage && !query.isFetching);
  return (
    <section className="grid gap-3">
      <h2 className="text-lg font-semibold">{t('list.title')}</h2>
      {query.isSuccess && conversations.length === 0 && (
        <p className="text-sm text-ink-soft">{t('project.noConversations')}</p>
      )}
      <ul className="grid gap-0.5">
        {conversations.map((conversation) => (
          <li key={conversation.id}>
            <Link
              to={`/c/${conversation.id}`}
              className="-mx-2.5 flex items-center gap-3 rounded-lg px-2.5 py-2.5 text-sm hover:bg-hover"
            >
              <MessageSquare className="size-4 shrink-0 text-ink-soft" />
              <span className="min-w-0 flex-1 truncate">
                {conversation.title || t('conversation.untitled')}
              </span>
              <span className="shrink-0 text-xs text-ink-soft">
                {formatDateTime(conversation.updatedAt)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      <div ref={end} />
    </section>
  );
}
