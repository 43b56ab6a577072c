import { useEffect, useState } from 'react';
import { Outlet, useLocation } from 'react-router';

import { OfflineBar } from './OfflineBar';
import { ShortcutsDialog } from './ShortcutsDialog';
import { Sidebar } from './Sidebar';
import { setSidebar, sidebarCovers, sidebarOpen, toggleSidebar } from './sidebarState';
import { useShortcuts } from './useShortcuts';
import { useLeftovers } from '~/features/thread/useLeftovers';
import { useStore } from '~/lib/store';
import { t } from '~/locales';

/** The frame of every page for who is signed in: the sidebar, and the page beside it. */
export function Shell() {
  const isOpen = useStore(sidebarOpen);
  const { pathname } = useLocation();
  const [isHelpOpen, setHelpOpen] = useState(false);
  useShortcuts({ onHelp: () => setHelpOpen(true) });
  useLeftovers();

  useEffect(() => {
    // The sidebar has done its work.
    if (sidebarCovers()) setSidebar(false);
  }, [pathname]);

  return (
    <div className="flex h-dvh">
      <a
        href="#main"
        className="absolute top-2 left-2 z-50 -translate-y-16 rounded-lg bg-accent px-3 py-2 text-accent-ink focus:translate-y-0"
      >
        {t('shell.skip')}
      </a>
      {isOpen && (
        <>
          <button
            type="button"
            aria-label={t('shell.hideSidebar')}
            tabIndex={-1}
            onClick={toggleSidebar}
            className="fixed inset-0 z-20 bg-black/40 md:hidden"
          />
          <Sidebar />
        </>
      )}
      <div id="main" tabIndex={-1} className="flex min-w-0 flex-1 flex-col outline-none">
        <OfflineBar />
        <div className="min-h-0 flex-1">
          <Outlet />
        </div>
      </div>
      {isHelpOpen && <ShortcutsDialog onClose={() => setHelpOpen(false)} />}
    </div>
  );
}
