import type { ReactNode } from 'react';

import { cx } from '~/lib/cx';

const TONES = {
  info: 'bg-sunken text-ink',
  warn: 'bg-warn-soft text-warn',
  danger: 'bg-danger-soft text-danger',
  good: 'bg-accent-soft text-accent',
} as const;

interface Props {
  tone?: keyof typeof TONES;
  children: ReactNode;
  actions?: ReactNode;
}

/** Something to know, and what can be done about it. */
export const Notice = ({ tone = 'info', children, actions }: Props) => (
  <div
    role={tone === 'danger' ? 'alert' : 'status'}
    className={cx('grid gap-2.5 rounded-xl px-4 py-3 text-sm leading-relaxed', TONES[tone])}
  >
    <div>{children}</div>
    {actions && <div className="flex flex-wrap gap-2 text-ink">{actions}</div>}
  </div>
);
