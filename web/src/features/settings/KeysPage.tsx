import { useQuery } from '@tanstack/react-query';

import { api, dataOf } from '~/api/client';
import { ErrorNotice } from '~/components/ErrorNotice';
import { KEY_NAMES } from '~/features/models/providers';
import { t } from '~/locales';
import type { KeyName } from '~/api/types';
import { KeyCard } from './KeyCard';
import { Section } from './Section';

export function KeysPage() {
  const { data, error } = useQuery({
    queryKey: ['api-keys'],
    queryFn: () => dataOf(api.GET('/profile/api-keys')).then((data) => data.apiKeys),
  });
  return (
    <Section title={t('settings.keys')} text={t('keys.text')}>
      <ErrorNotice error={error} />
      <ul className="grid gap-3">
        {(Object.keys(KEY_NAMES) as KeyName[]).map((name) => (
          <KeyCard key={name} name={name} stored={data?.[name]} />
        ))}
      </ul>
    </Section>
  );
}
