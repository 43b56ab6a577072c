import { X } from 'lucide-react';
import { useEffect, useId, useRef, type ReactNode } from 'react';

import { t } from '~/locales';
import { cx } from '~/lib/cx';
import { IconButton } from './IconButton';

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
  className?: string;
}

/** A modal dialog: the browser's own, which keeps the focus inside and gives it back afterwards. */
export function Dialog({ title, onClose, children, className }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
  }, []);
  return (
    // A press on the backdrop closes it as Escape does, which the browser handles.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      onClose={onClose}
      onMouseDown={(event) => event.target === dialog.current && onClose()}
      className={cx(
        'w-[min(32rem,calc(100vw-1.5rem))] animate-rise overflow-hidden rounded-2xl border border-line bg-raised p-0 shadow-lift',
        className,
      )}
    >
      <div className="flex max-h-[min(46rem,calc(100dvh-2rem))] flex-col">
        <header className="flex items-center justify-between gap-4 px-5 pt-4 pb-2">
          <h2 id={heading} className="text-base font-semibold">
            {title}
          </h2>
          <IconButton label={t('common.close')} isSmall onClick={onClose}>
            <X />
          </IconButton>
        </header>
        <div className="min-h-0 overflow-y-auto px-5 pb-5">{children}</div>
      </div>
    </dialog>
  );
}
