import { useInfiniteQuery } from '@tanstack/react-query';

import { api, pageOf } from '~/api/client';
import { Button } from '~/components/Button';
import { formatDateTime } from '~/lib/format';
import { t } from '~/locales';
import { deviceName } from './deviceName';
import { Section } from './Section';

/** What has happened to the account lately, from where. */
export function AccountEvents() {
  const query = useInfiniteQuery({
    queryKey: ['events'],
    queryFn: ({ pageParam }) =>
      pageOf(
        api.GET('/auth/events', {
          params: { query: { limit: 10, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.pagination?.cursor ?? null,
  });
  const events = query.data?.pages.flatMap((page) => page.data.events) ?? [];
  return (
    <Section title={t('events.title')} text={t('events.text')}>
      <ul className="grid gap-1.5 text-sm">
        {events.map((event) => (
          <li key={event.id} className="flex flex-wrap justify-between gap-x-4">
            <span>{event.type.replace(/[._]/g, ' ')}</span>
            <span className="text-xs leading-5 text-ink-soft">
              {[formatDateTime(event.at), event.ip, event.userAgent && deviceName(event.userAgent)]
                .filter(Boolean)
                .join(' · ')}
            </span>
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <Button
          className="w-fit"
          isBusy={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {t('common.more')}
        </Button>
      )}
    </Section>
  );
}
