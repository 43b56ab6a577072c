import { Check, ChevronDown, Search } from 'lucide-react';
import { useMemo, useState } from 'react';

import type { Model } from '~/api/types';
import { Button } from '~/components/Button';
import { Dialog } from '~/components/Dialog';
import { t } from '~/locales';
import { ModelRow } from './ModelRow';
import { useModelName, useModels } from './modelsQuery';
import { providerName } from './providers';

interface Props {
  /** One model, or up to four that answer side by side. */
  chosen: string[];
  onChoose: (models: string[]) => void;
  canCompare?: boolean;
}

const MOST = 4;

/** The button with the model's name, and the list behind it. */
export function ModelPicker({ chosen, onChoose, canCompare = true }: Props) {
  const nameOf = useModelName();
  const [isOpen, setOpen] = useState(false);
  const label =
    chosen.length > 1 ? t('models.several', { count: chosen.length }) : nameOf(chosen[0] ?? '');
  return (
    <>
      <Button
        look="quiet"
        className="h-8 min-w-0 px-2.5"
        aria-haspopup="dialog"
        aria-label={t('models.pick', { name: label })}
        title={chosen.map(nameOf).join(', ')}
        onClick={() => setOpen(true)}
      >
        <span className="truncate">{label}</span>
        <ChevronDown className="size-3.5 shrink-0" />
      </Button>
      {isOpen && (
        <PickerDialog
          chosen={chosen}
          onChoose={onChoose}
          canCompare={canCompare}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}

function PickerDialog({ chosen, onChoose, canCompare, onClose }: Props & { onClose: () => void }) {
  const models = useModels();
  const [text, setText] = useState('');
  const [several, setSeveral] = useState(chosen.length > 1);
  const groups = useMemo(() => groupByProvider(models, text), [models, text]);

  const choose = (id: string) => {
    if (!several) {
      onChoose([id]);
      onClose();
      return;
    }
    const next = chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id];
    if (next.length > 0 && next.length <= MOST) onChoose(next);
  };

  return (
    <Dialog
      title={t('models.title')}
      onClose={onClose}
      className="w-[min(40rem,calc(100vw-1.5rem))]"
    >
      <div className="sticky top-0 z-10 flex flex-wrap items-center gap-x-4 gap-y-2 bg-raised pb-3">
        <label className="flex h-10 min-w-48 flex-1 items-center gap-2 rounded-lg border border-line-strong/60 px-3 focus-within:border-accent">
          <Search className="size-4 text-ink-soft" />
          <span className="sr-only">{t('models.search')}</span>
          <input
            value={text}
            onChange={(event) => setText(event.target.value)}
            placeholder={t('models.search')}
            autoFocus
            className="min-w-0 flex-1 bg-transparent text-sm outline-none placeholder:text-ink-soft"
          />
        </label>
        {canCompare && (
          <label className="flex items-center gap-2 text-sm">
            <input
              type="checkbox"
              checked={several}
              onChange={(event) => {
                setSeveral(event.target.checked);
                if (!event.target.checked) onChoose(chosen.slice(0, 1));
              }}
              className="size-4 accent-accent"
            />
            {t('models.compare')}
          </label>
        )}
      </div>
      {groups.map(([provider, members]) => (
        <section key={provider} aria-label={providerName(provider)}>
          <h3 className="px-2 pt-2 pb-1 text-xs font-medium text-ink-soft">
            {providerName(provider)}
          </h3>
          <ul>
            {members.map((model) => (
              <li key={model.id}>
                <ModelRow
                  model={model}
                  isChosen={chosen.includes(model.id)}
                  isMany={several}
                  mark={<Check className="size-4 text-accent" />}
                  onChoose={() => choose(model.id)}
                />
              </li>
            ))}
          </ul>
        </section>
      ))}
      {groups.length === 0 && (
        <p className="py-6 text-center text-sm text-ink-soft">{t('models.none')}</p>
      )}
    </Dialog>
  );
}

/** Those that can be asked first, each under who offers it. */
function groupByProvider(models: Model[], text: string): [string, Model[]][] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = models.filter((model) => {
    const haystack = `${model.name} ${model.id} ${providerName(model.provider)}`.toLowerCase();
    return words.every((word) => haystack.includes(word));
  });
  const groups = new Map<string, Model[]>();
  for (const model of found.sort((a, b) => Number(b.available) - Number(a.available))) {
    groups.set(model.provider, [...(groups.get(model.provider) ?? []), model]);
  }
  return [...groups];
}
