import { useRouteError } from 'react-router';

import { Button } from '~/components/Button';
import { t } from '~/locales';

/** A page that could not be shown. Nothing that was written is lost by loading it again. */
export function Crashed() {
  const error = useRouteError();
  return (
    <main className="grid h-full place-content-center justify-items-center gap-3 p-6 text-center">
      <h1 className="text-xl font-semibold">{t('crash.title')}</h1>
      <p className="max-w-md text-ink-soft">{t('crash.text')}</p>
      <code className="max-w-md text-xs text-ink-soft">
        {error instanceof Error ? error.message : ''}
      </code>
      <Button look="primary" onClick={() => location.reload()}>
        {t('crash.reload')}
      </Button>
    </main>
  );
}
