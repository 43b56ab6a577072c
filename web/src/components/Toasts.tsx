import { X } from 'lucide-react';

import { useStore } from '~/lib/store';
import { t } from '~/locales';
import { IconButton } from './IconButton';
import { dismiss, toasts } from './toasts';

export function Toasts() {
  const shown = useStore(toasts);
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 bottom-4 z-50 grid justify-items-center gap-2 px-4"
    >
      {shown.map((toast) => (
        <div
          key={toast.id}
          className="pointer-events-auto flex max-w-md animate-rise items-center gap-2 rounded-xl bg-ink py-1.5 pr-1.5 pl-4 text-sm text-page shadow-lift"
        >
          <span className="py-1">{toast.text}</span>
          <IconButton
            isSmall
            label={t('common.dismiss')}
            look="inherit"
            onClick={() => dismiss(toast.id)}
          >
            <X />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
