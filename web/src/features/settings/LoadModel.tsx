import { useQuery, useQueryClient } from '@tanstack/react-query';

import { api, dataOf } from '~/api/client';
import { progressText } from '~/api/errorText';
import type { Model } from '~/api/types';
import { Button } from '~/components/Button';
import { Progress } from '~/components/Progress';
import { formatBytes } from '~/lib/format';
import { t } from '~/locales';
import { useModelLoad } from './useModelLoad';

/** A model on one's own machine: whether it is in memory, and how far its loading has come. */
export function LoadModel({ model }: { model: Model }) {
  const client = useQueryClient();
  const statusKey = ['model-status', model.id];
  const { data: status } = useQuery({
    queryKey: statusKey,
    queryFn: () => dataOf(api.GET('/models/{id}/status', { params: { path: { id: model.id } } })),
  });
  const { load, event, error, isLoading } = useModelLoad(model.id, () => {
    void client.invalidateQueries({ queryKey: statusKey });
    void client.invalidateQueries({ queryKey: ['models'] });
  });
  const word = isLoading ? 'loading' : (event?.status ?? status?.status);
  return (
    <li className="grid gap-3 rounded-2xl border border-line bg-raised p-4 text-sm">
      <div className="flex items-center gap-3">
        <span className="grid flex-1">
          <span className="font-medium">{model.name}</span>
          <span className="text-xs text-ink-soft">
            {word && t(`local.${word}`)}
            {word === 'loaded' && status?.memoryBytes
              ? ` · ${formatBytes(status.memoryBytes)}`
              : ''}
          </span>
        </span>
        <Button
          isBusy={isLoading}
          disabled={word === 'loaded'}
          onClick={load}
          aria-label={t('local.loadOf', { name: model.name })}
        >
          {t('local.load')}
        </Button>
      </div>
      {isLoading && (
        <div className="grid gap-1.5">
          <Progress
            value={event?.loadProgress ?? 0}
            label={t('local.progress', { name: model.name })}
          />
          <span className="text-xs text-ink-soft" role="status">
            {event && progressText(event.detail)}
          </span>
        </div>
      )}
      {error && <p className="text-xs text-danger">{error}</p>}
    </li>
  );
}
