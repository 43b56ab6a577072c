import { useMemo } from 'react';

import { cx } from '~/lib/cx';
import { t } from '~/locales';
import { diffLines, type DiffLine } from './diffLines';

const SIGNS = { same: ' ', added: '+', removed: '−' } as const;

export function Diff({ before, after }: { before: string; after: string }) {
  const lines = useMemo(() => diffLines(before, after), [before, after]);
  return (
    <div
      role="region"
      aria-label={t('history.changes')}
      tabIndex={0}
      className="max-h-96 overflow-auto rounded-xl border border-line bg-page py-2 font-mono text-[0.8rem] leading-relaxed"
    >
      {lines.map((line, index) => (
        <Line key={index} {...line} />
      ))}
    </div>
  );
}

const Line = ({ kind, text }: DiffLine) => (
  <div
    className={cx(
      'flex gap-3 px-3 whitespace-pre-wrap',
      kind === 'added' && 'bg-accent-soft text-accent',
      kind === 'removed' && 'bg-danger-soft text-danger',
    )}
  >
    <span aria-hidden className="select-none">
      {SIGNS[kind]}
    </span>
    {kind !== 'same' && <span className="sr-only">{t(`history.${kind}`)}</span>}
    <span className="wrap-anywhere">{text || ' '}</span>
  </div>
);
