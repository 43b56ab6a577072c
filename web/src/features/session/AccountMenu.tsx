import { ChevronsUpDown, LogOut, Monitor, Moon, Settings, Sun } from 'lucide-react';
import { useNavigate } from 'react-router';

import { Menu, MenuItem, MenuLine } from '~/components/Menu';
import { useStore } from '~/lib/store';
import { chooseTheme, theme, type Theme } from '~/lib/theme';
import { t } from '~/locales';
import { signOut } from './signOut';
import { nameOf, useProfile } from './useCurrentUser';

const THEMES: [Theme, typeof Sun][] = [
  ['system', Monitor],
  ['light', Sun],
  ['dark', Moon],
];

/** Who is signed in, at the foot of the sidebar. */
export function AccountMenu() {
  const profile = useProfile();
  const navigate = useNavigate();
  const current = useStore(theme);
  const name = profile ? nameOf(profile) : '…';
  return (
    <div className="border-t border-line p-2">
      <Menu
        align="start"
        side="top"
        trigger={
          <button
            type="button"
            className="flex w-full items-center gap-2.5 rounded-lg p-2 text-left text-sm hover:bg-hover"
          >
            <span
              aria-hidden
              className="grid size-7 shrink-0 place-items-center rounded-full bg-accent-soft text-xs font-semibold text-accent uppercase"
            >
              {name.slice(0, 1)}
            </span>
            <span className="min-w-0 flex-1 truncate font-medium">{name}</span>
            <ChevronsUpDown className="size-4 text-ink-soft" />
          </button>
        }
      >
        <MenuItem icon={<Settings />} onSelect={() => void navigate('/settings/profile')}>
          {t('settings.title')}
        </MenuItem>
        <MenuLine />
        {THEMES.map(([value, Icon]) => (
          <MenuItem key={value} icon={<Icon />} onSelect={() => chooseTheme(value)}>
            <span className="flex-1">{t(`theme.${value}`)}</span>
            {current === value && <span aria-label={t('common.chosen')}>✓</span>}
          </MenuItem>
        ))}
        <MenuLine />
        <MenuItem icon={<LogOut />} onSelect={() => void signOut().catch(() => undefined)}>
          {t('session.signOut')}
        </MenuItem>
      </Menu>
    </div>
  );
}
