import { useInfiniteQuery } from '@tanstack/react-query';

import { useModels } from '~/features/models/modelsQuery';
import { formatCompact, formatPercent } from '~/lib/format';
import { t } from '~/locales';
import { messagesQuery } from './messagesQuery';

/** How full the model's context was at the last reply, with that reply in it. */
export function ContextGauge({ conversationId }: { conversationId: string }) {
  const models = useModels();
  const { data } = useInfiniteQuery({ ...messagesQuery(conversationId), enabled: false });
  const last = data?.pages[0]?.data.messages.find((message) => message.context);
  const limit = models.find((model) => model.id === last?.modelId)?.contextLength;
  if (!last?.context || !limit) return null;

  const used = last.context.tokens + (last.tokens ?? 0);
  const share = Math.min(1, used / limit);
  const label = t('context.gauge', {
    share: formatPercent(share),
    used: formatCompact(used),
    limit: formatCompact(limit),
  });
  const note = last.context.summarizedThrough
    ? t('context.summarized')
    : last.context.cutBefore
      ? t('context.cut')
      : '';
  return (
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={limit}
      aria-valuenow={used}
      title={`${label} ${note}`.trim()}
      className="flex items-center gap-2 px-2 text-xs text-ink-soft tabular-nums"
    >
      <svg viewBox="0 0 20 20" className="size-4.5 -rotate-90" aria-hidden>
        <circle cx="10" cy="10" r="8" fill="none" strokeWidth="3" className="stroke-line" />
        <circle
          cx="10"
          cy="10"
          r="8"
          fill="none"
          strokeWidth="3"
          pathLength="100"
          strokeDasharray={`${Math.max(2, share * 100)} 100`}
          className={share > 0.9 ? 'stroke-danger' : share > 0.7 ? 'stroke-warn' : 'stroke-accent'}
        />
      </svg>
      <span className="hidden sm:inline">
        {formatCompact(used)} / {formatCompact(limit)}
      </span>
    </div>
  );
}
