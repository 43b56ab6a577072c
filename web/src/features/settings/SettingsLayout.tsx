import {
  ArrowDownUp,
  ChartColumn,
  Cpu,
  KeyRound,
  ShieldCheck,
  Terminal,
  UserRound,
} from 'lucide-react';
import { useEffect, useRef } from 'react';
import { NavLink, Outlet, useLocation } from 'react-router';

import { PageHeader } from '~/app/PageHeader';
import { cx } from '~/lib/cx';
import { t } from '~/locales';

const PAGES = [
  ['profile', UserRound],
  ['keys', KeyRound],
  ['models', Cpu],
  ['usage', ChartColumn],
  ['tokens', Terminal],
  ['data', ArrowDownUp],
  ['security', ShieldCheck],
] as const;

export function SettingsLayout() {
  const { pathname } = useLocation();
  const nav = useRef<HTMLElement>(null);

  useEffect(() => {
    // On a phone the pages are in a line that is longer than the screen.
    const here = nav.current?.querySelector(`[href="${pathname}"]`);
    here?.scrollIntoView({ inline: 'center', block: 'nearest' });
  }, [pathname]);

  return (
    <div className="flex h-full flex-col">
      <title>{`${t('settings.title')} · OmniChat`}</title>
      <PageHeader title={<h1 className="text-sm font-medium">{t('settings.title')}</h1>} />
      <div className="min-h-0 flex-1 overflow-y-auto px-4 pb-16">
        <div className="mx-auto grid max-w-4xl gap-6 md:grid-cols-[11rem_minmax(0,1fr)] md:gap-10">
          <nav
            ref={nav}
            aria-label={t('settings.title')}
            className="-mx-4 flex gap-1 overflow-x-auto px-4 md:mx-0 md:flex-col md:px-0 md:pt-1"
          >
            {PAGES.map(([page, Icon]) => (
              <NavLink
                key={page}
                to={`/settings/${page}`}
                className={({ isActive }) =>
                  cx(
                    'flex h-9 shrink-0 items-center gap-2.5 rounded-lg px-2.5 text-sm hover:bg-hover',
                    isActive && 'bg-hover font-medium',
                  )
                }
              >
                <Icon className="size-4 text-ink-soft" />
                {t(`settings.${page}`)}
              </NavLink>
            ))}
          </nav>
          <main className="grid min-w-0 content-start gap-8">
            <Outlet />
          </main>
        </div>
      </div>
    </div>
  );
}
