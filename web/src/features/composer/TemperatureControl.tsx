import { Thermometer } from 'lucide-react';
import { useId, useState } from 'react';

import type { Model } from '~/api/types';
import { Button } from '~/components/Button';
import { Dialog } from '~/components/Dialog';
import { formatNumber } from '~/lib/format';
import { t } from '~/locales';

interface Props {
  model: Model | undefined;
  /** Null leaves it to the preference. */
  value: number | null;
  onChange: (value: number | null) => void;
}

/** How freely the model speaks, within what it knows. */
export function TemperatureControl({ model, value, onChange }: Props) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const range = model?.temperatureRange ?? { min: 0, max: 2, step: 0.1, default: 0.7 };
  return (
    <>
      <Button
        look="quiet"
        className="h-8 px-2.5"
        icon={<Thermometer className="size-4" />}
        aria-label={t('temperature.button', {
          value: value === null ? t('temperature.default') : formatNumber(value),
        })}
        title={t('temperature.title')}
        onClick={() => setOpen(true)}
      >
        {value !== null && formatNumber(value)}
      </Button>
      {isOpen && (
        <Dialog title={t('temperature.title')} onClose={() => setOpen(false)} className="max-w-sm">
          <p id={`${id}-text`} className="mb-4 text-sm text-ink-soft">
            {t('temperature.text')}
          </p>
          <div className="flex items-center gap-4">
            <input
              type="range"
              aria-label={t('temperature.title')}
              aria-describedby={`${id}-text`}
              min={range.min}
              max={range.max}
              step={range.step}
              value={value ?? range.default}
              onChange={(event) => onChange(Number(event.target.value))}
              className="flex-1 accent-accent"
              autoFocus
            />
            <output className="w-10 text-right tabular-nums">
              {formatNumber(value ?? range.default)}
            </output>
          </div>
          <div className="mt-5 flex justify-end gap-2">
            <Button onClick={() => onChange(null)}>{t('temperature.reset')}</Button>
            <Button look="primary" onClick={() => setOpen(false)}>
              {t('common.done')}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
