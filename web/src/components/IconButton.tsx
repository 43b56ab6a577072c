import type { ComponentProps } from 'react';

import { cx } from '~/lib/cx';

const LOOKS = {
  quiet: 'text-ink-soft hover:bg-hover hover:text-ink rounded-lg disabled:opacity-45',
  primary:
    'bg-accent text-accent-ink rounded-xl hover:opacity-90 disabled:bg-sunken disabled:text-ink-soft',
  ink: 'bg-ink text-page rounded-xl hover:opacity-90',
  raised: 'bg-raised text-ink-soft hover:text-ink border-line shadow-lift rounded-full border',
  inherit: 'rounded-lg opacity-75 hover:opacity-100',
} as const;

interface Props extends ComponentProps<'button'> {
  /** Its name for who does not see the icon, and its tooltip. */
  label: string;
  isSmall?: boolean;
  look?: keyof typeof LOOKS;
}

export function IconButton({
  label,
  isSmall,
  look = 'quiet',
  className,
  children,
  ...rest
}: Props) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={cx(
        'inline-flex shrink-0 items-center justify-center transition-colors',
        LOOKS[look],
        isSmall ? 'size-7 [&_svg]:size-3.75' : 'size-9 [&_svg]:size-4.5',
        className,
      )}
      {...rest}
    >
      {children}
    </button>
  );
}
