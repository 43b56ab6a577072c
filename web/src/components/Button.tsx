import type { ComponentProps, ReactNode } from 'react';

import { cx } from '~/lib/cx';
import { Spinner } from './Spinner';

const LOOKS = {
  primary: 'bg-accent text-accent-ink hover:opacity-90',
  plain: 'bg-raised border border-line hover:bg-hover',
  quiet: 'hover:bg-hover text-ink-soft hover:text-ink',
  danger: 'border border-danger/40 text-danger hover:bg-danger-soft',
} as const;

interface Props extends ComponentProps<'button'> {
  look?: keyof typeof LOOKS;
  isBusy?: boolean;
  icon?: ReactNode;
}

export function Button({
  look = 'plain',
  isBusy,
  icon,
  className,
  children,
  disabled,
  ...rest
}: Props) {
  return (
    <button
      type="button"
      disabled={disabled || isBusy}
      className={cx(
        'inline-flex h-9 items-center justify-center gap-2 rounded-lg px-3.5 text-sm font-medium whitespace-nowrap transition-colors disabled:opacity-55',
        LOOKS[look],
        className,
      )}
      {...rest}
    >
      {isBusy ? <Spinner /> : icon}
      {children}
    </button>
  );
}
