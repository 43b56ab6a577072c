import { Link } from 'react-router';

import { t } from '~/locales';

export const NotFound = () => (
  <main className="grid h-full place-content-center gap-3 p-6 text-center">
    <h1 className="text-xl font-semibold">{t('notFound.title')}</h1>
    <p className="text-ink-soft">{t('notFound.text')}</p>
    <Link to="/c" className="text-accent underline underline-offset-4">
      {t('notFound.home')}
    </Link>
  </main>
);
