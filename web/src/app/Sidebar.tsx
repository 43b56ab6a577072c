import { PanelLeftClose, SquarePen } from 'lucide-react';
import { NavLink } from 'react-router';

import { IconButton } from '~/components/IconButton';
import { ConversationList } from '~/features/conversations/ConversationList';
import { ProjectLinks } from '~/features/projects/ProjectLinks';
import { AccountMenu } from '~/features/session/AccountMenu';
import { cx } from '~/lib/cx';
import { t } from '~/locales';
import { Logo } from './Logo';
import { toggleSidebar } from './sidebarState';

export const Sidebar = () => (
  <aside
    aria-label={t('shell.sidebar')}
    className="fixed inset-y-0 left-0 z-30 flex w-72 max-w-[86vw] shrink-0 flex-col border-r border-line bg-side md:static"
  >
    <div className="flex h-14 shrink-0 items-center justify-between pr-2 pl-4">
      <Logo />
      <IconButton label={t('shell.hideSidebar')} onClick={toggleSidebar}>
        <PanelLeftClose />
      </IconButton>
    </div>
    <div className="px-2">
      <NavLink
        to="/c"
        end
        className={({ isActive }) =>
          cx(
            'flex h-9 items-center gap-2.5 rounded-lg px-2.5 text-sm font-medium hover:bg-hover',
            isActive && 'bg-hover',
          )
        }
      >
        <SquarePen className="size-4 text-accent" />
        {t('shell.newChat')}
      </NavLink>
      <ProjectLinks />
    </div>
    <ConversationList />
    <AccountMenu />
  </aside>
);
