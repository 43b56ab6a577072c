import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { MonitorSmartphone } from 'lucide-react';

import { api, dataOf } from '~/api/client';
import { Button } from '~/components/Button';
import { ErrorNotice } from '~/components/ErrorNotice';
import { formatDateTime } from '~/lib/format';
import { t } from '~/locales';
import { deviceName } from './deviceName';
import { Section } from './Section';

export function Sessions() {
  const client = useQueryClient();
  const { data, error } = useQuery({
    queryKey: ['sessions'],
    queryFn: () =>
      dataOf(api.GET('/auth/sessions', { params: { query: { limit: 100 } } })).then(
        (data) => data.sessions,
      ),
  });
  const remove = useMutation({
    mutationFn: (id: string) =>
      dataOf(api.DELETE('/auth/sessions/{id}', { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  });
  return (
    <Section title={t('sessions.title')} text={t('sessions.text')}>
      <ErrorNotice error={error} />
      <ul className="divide-y divide-line rounded-2xl border border-line">
        {data?.map((session) => (
          <li key={session.id} className="flex items-center gap-3.5 px-4 py-3 text-sm">
            <MonitorSmartphone className="size-5 shrink-0 text-ink-soft" />
            <span className="grid min-w-0 flex-1">
              <span className="truncate font-medium">{deviceName(session.userAgent)}</span>
              <span className="text-xs text-ink-soft">
                {[session.ip, t('sessions.seen', { at: formatDateTime(session.lastSeenAt) })]
                  .filter(Boolean)
                  .join(' · ')}
              </span>
            </span>
            {session.current ? (
              <span className="rounded-full bg-accent-soft px-2.5 py-1 text-xs font-medium text-accent">
                {t('sessions.current')}
              </span>
            ) : (
              <Button
                isBusy={remove.isPending && remove.variables === session.id}
                onClick={() => remove.mutate(session.id)}
              >
                {t('session.signOut')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
