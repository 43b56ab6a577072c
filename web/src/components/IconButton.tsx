import type { ComponentProps } from 'react';

import { cx } from '~/lib/cx';

interface Props extends ComponentProps<'button'> {
  /** Its name for who does not see the icon, and its tooltip. */
  label: string;
  isSmall?: boolean;
}

export function IconButton({ label, isSmall, className, children, ...rest }: Props) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={cx(
        'inline-flex shrink-0 items-center justify-center rounded-lg text-ink-soft transition-colors hover:bg-hover hover:text-ink disabled:opacity-45',
        isSmall ? 'size-7 [&_svg]:size-3.75' : 'size-9 [&_svg]:size-4.5',
        className,
      )}
      {...rest}
    >
      {children}
    </button>
  );
}
