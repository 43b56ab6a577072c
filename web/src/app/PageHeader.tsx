import { PanelLeftOpen } from 'lucide-react';
import type { ReactNode } from 'react';

import { IconButton } from '~/components/IconButton';
import { useStore } from '~/lib/store';
import { t } from '~/locales';
import { sidebarOpen, toggleSidebar } from './sidebarState';

/** The line on top of a page: the way back to the sidebar, a title, and what can be done. */
export function PageHeader({ title, children }: { title: ReactNode; children?: ReactNode }) {
  const isOpen = useStore(sidebarOpen);
  return (
    <header className="flex h-14 shrink-0 items-center gap-2 px-3">
      {!isOpen && (
        <IconButton label={t('shell.showSidebar')} onClick={toggleSidebar}>
          <PanelLeftOpen />
        </IconButton>
      )}
      <div className="min-w-0 flex-1 px-1">{title}</div>
      {children}
    </header>
  );
}
