import { useId, type ComponentProps, type ReactNode } from 'react';

import { cx } from '~/lib/cx';

const BOX =
  'w-full rounded-lg border border-line-strong/60 bg-raised px-3 text-sm text-ink placeholder:text-ink-soft aria-invalid:border-danger focus:border-accent';

interface Common {
  label: string;
  hint?: ReactNode;
  error?: string | null;
}

function Frame({ id, label, hint, error, children }: Common & { id: string; children: ReactNode }) {
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children}
      {(error || hint) && (
        <p id={`${id}-note`} className={cx('text-xs', error ? 'text-danger' : 'text-ink-soft')}>
          {error || hint}
        </p>
      )}
    </div>
  );
}

const noteOf = (id: string, { hint, error }: Pick<Common, 'hint' | 'error'>) => ({
  id,
  'aria-invalid': error ? true : undefined,
  'aria-describedby': error || hint ? `${id}-note` : undefined,
});

export function TextField({
  label,
  hint,
  error,
  className,
  ...rest
}: Common & ComponentProps<'input'>) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <input {...noteOf(id, { hint, error })} className={cx(BOX, 'h-10', className)} {...rest} />
    </Frame>
  );
}

export function TextArea({
  label,
  hint,
  error,
  className,
  ...rest
}: Common & ComponentProps<'textarea'>) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <textarea
        {...noteOf(id, { hint, error })}
        className={cx(BOX, 'field-sizing-content min-h-24 py-2.5 leading-relaxed', className)}
        {...rest}
      />
    </Frame>
  );
}

export function SelectField({
  label,
  hint,
  error,
  className,
  ...rest
}: Common & ComponentProps<'select'>) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <select {...noteOf(id, { hint, error })} className={cx(BOX, 'h-10', className)} {...rest} />
    </Frame>
  );
}
