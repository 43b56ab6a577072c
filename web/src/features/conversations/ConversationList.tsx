import { useInfiniteQuery } from '@tanstack/react-query';
import { Archive, Search } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';

import { ErrorNotice } from '~/components/ErrorNotice';
import { IconButton } from '~/components/IconButton';
import { useDebounced } from '~/lib/useDebounced';
import { t } from '~/locales';
import { ConversationRows } from './ConversationRows';
import { conversationsQuery } from './conversationsQuery';
import { groupByAge } from './groupByAge';

/** All conversations, endlessly, with a search over everything that was said. */
export function ConversationList() {
  const [text, setText] = useState('');
  const [archived, setArchived] = useState(false);
  const q = useDebounced(text.trim(), 200);
  const query = useInfiniteQuery(conversationsQuery({ q, archived }));
  const scroller = useRef<HTMLElement>(null);

  const groups = useMemo(() => {
    const all = (query.data?.pages ?? []).flatMap((page) => page.data.conversations);
    if (q) return [{ title: 'list.found' as const, conversations: all }];
    return groupByAge(all);
  }, [query.data, q]);
  const isEmpty = query.isSuccess && !query.data.pages[0]?.data.conversations.length;

  return (
    <>
      <div className="mt-3 flex items-center gap-1 px-2">
        <label className="flex h-9 min-w-0 flex-1 items-center gap-2 rounded-lg border border-line bg-page px-2.5 text-ink-soft focus-within:border-accent">
          <Search className="size-4 shrink-0" />
          <span className="sr-only">{t('list.search')}</span>
          <input
            type="search"
            data-shortcut="search"
            value={text}
            onChange={(event) => setText(event.target.value)}
            placeholder={t('list.search')}
            className="min-w-0 flex-1 bg-transparent text-sm text-ink outline-none placeholder:text-ink-soft"
          />
        </label>
        <IconButton
          label={t('list.archived')}
          aria-pressed={archived}
          className={archived ? 'bg-hover text-accent' : ''}
          onClick={() => setArchived(!archived)}
        >
          <Archive />
        </IconButton>
      </div>
      <nav
        ref={scroller}
        aria-label={t('list.title')}
        className="mt-2 min-h-0 flex-1 overflow-y-auto px-2 pb-4"
      >
        {query.isError && <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />}
        {isEmpty && (
          <p className="px-2.5 py-3 text-sm text-ink-soft">
            {t(q ? 'list.nothingFound' : 'list.empty')}
          </p>
        )}
        <ConversationRows
          groups={groups}
          scroller={scroller}
          hasMore={query.hasNextPage && !query.isFetching}
          onReachEnd={() => void query.fetchNextPage()}
        />
      </nav>
    </>
  );
}
