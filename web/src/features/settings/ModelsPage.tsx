import { useQuery } from '@tanstack/react-query';

import type { Model } from '~/api/types';
import { ErrorNotice } from '~/components/ErrorNotice';
import { priceOf } from '~/features/models/ModelRow';
import { modelsQuery } from '~/features/models/modelsQuery';
import { providerName } from '~/features/models/providers';
import { cx } from '~/lib/cx';
import { formatCompact } from '~/lib/format';
import { t } from '~/locales';
import { LoadModel } from './LoadModel';
import { Section } from './Section';

/** All models there are, and the loading of those that run on one's own machine. */
export function ModelsPage() {
  const { data: models, error, refetch } = useQuery(modelsQuery);
  const local = models?.filter((model) => model.requiresLoading) ?? [];
  const remote = models?.filter((model) => !model.requiresLoading) ?? [];
  return (
    <>
      <ErrorNotice error={error} onRetry={() => void refetch()} />
      {local.length > 0 && (
        <Section title={t('local.title')} text={t('local.text')}>
          <ul className="grid gap-3">
            {local.map((model) => (
              <LoadModel key={model.id} model={model} />
            ))}
          </ul>
        </Section>
      )}
      <Section title={t('settings.models')} text={t('catalogue.text')}>
        <ul className="divide-y divide-line rounded-2xl border border-line">
          {remote.map((model) => (
            <CatalogueRow key={model.id} model={model} />
          ))}
        </ul>
      </Section>
    </>
  );
}

const CatalogueRow = ({ model }: { model: Model }) => (
  <li className="flex items-center gap-3 px-4 py-2.5 text-sm">
    <span className="grid min-w-0 flex-1">
      <span className="truncate font-medium">{model.name}</span>
      <span className="text-xs text-ink-soft">
        {[
          providerName(model.provider),
          t('models.context', { tokens: formatCompact(model.contextLength) }),
          priceOf(model),
        ].join(' · ')}
      </span>
    </span>
    <span
      className={cx(
        'rounded-full px-2.5 py-1 text-xs font-medium',
        model.available ? 'bg-accent-soft text-accent' : 'bg-sunken text-ink-soft',
      )}
    >
      {t(
        model.available
          ? 'catalogue.available'
          : model.apiKeyRequired
            ? 'models.needsKey'
            : 'models.unavailable',
      )}
    </span>
  </li>
);
