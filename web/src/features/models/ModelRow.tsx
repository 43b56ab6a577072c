import { Brain, Eye } from 'lucide-react';
import type { ReactNode } from 'react';

import type { Model } from '~/api/types';
import { cx } from '~/lib/cx';
import { formatCompact, formatCost } from '~/lib/format';
import { t } from '~/locales';

interface Props {
  model: Model;
  isChosen: boolean;
  isMany: boolean;
  mark: ReactNode;
  onChoose: () => void;
}

/** A model with what decides between models: what it costs, how much it reads, what it can do, whether it is there. */
export const ModelRow = ({ model, isChosen, isMany, mark, onChoose }: Props) => (
  <button
    type="button"
    aria-pressed={isChosen}
    disabled={!model.available}
    onClick={onChoose}
    className="flex w-full items-center gap-3 rounded-lg px-2 py-2 text-left text-sm hover:bg-hover disabled:cursor-not-allowed disabled:hover:bg-transparent"
  >
    <span className={cx('min-w-0 flex-1', !model.available && 'text-ink-soft')}>
      <span className="flex items-center gap-1.5 font-medium">
        {model.name}
        {model.capabilities.includes('vision') && (
          <Eye className="size-3.5 text-ink-soft" aria-label={t('models.vision')} />
        )}
        {model.capabilities.includes('reasoning') && (
          <Brain className="size-3.5 text-ink-soft" aria-label={t('models.reasoning')} />
        )}
      </span>
      <span className="flex flex-wrap gap-x-3 text-xs text-ink-soft">
        <span>{t('models.context', { tokens: formatCompact(model.contextLength) })}</span>
        <span>{priceOf(model)}</span>
        {!model.available && <span className="text-warn">{whyNot(model)}</span>}
      </span>
    </span>
    <span
      className={cx(
        'grid size-5 shrink-0 place-items-center',
        isMany && 'rounded border border-line-strong',
      )}
    >
      {isChosen && mark}
    </span>
  </button>
);

/** Per million tokens, which is how prices are compared. */
export function priceOf({ pricing, provider }: Model): string {
  if (!pricing)
    return t(provider === 'ollama' || provider === 'demo' ? 'models.free' : 'models.noPrice');
  if (pricing.input === 0 && pricing.output === 0) return t('models.free');
  return t('models.price', {
    input: formatCost(pricing.input * 1000),
    output: formatCost(pricing.output * 1000),
  });
}

const whyNot = (model: Model) => t(model.apiKeyRequired ? 'models.needsKey' : 'models.unavailable');
