import { useEffect } from 'react';
import { useNavigate } from 'react-router';

import { sidebarCovers, toggleSidebar } from './sidebarState';

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
/** The key that goes with letters: Command or Control. */
export const MOD = isMac ? '⌘' : 'Ctrl';

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');

const isMenuOpen = () => document.querySelector(':popover-open') !== null;

/** Focuses the element that a part of the page has marked for this. */
export const focusOn = (mark: string) =>
  document.querySelector<HTMLElement>(`[data-shortcut="${mark}"]`)?.focus();

/** Shortcuts that hold on every page; `?` lists them. */
export function useShortcuts({ onHelp }: { onHelp: () => void }) {
  const navigate = useNavigate();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (document.querySelector('dialog[open]')) return;
      const mod = isMac ? event.metaKey : event.ctrlKey;
      const key = event.key.toLowerCase();
      if (mod && event.shiftKey && key === 'o') void navigate('/c');
      else if (mod && !event.shiftKey && key === 'k') openSearch();
      else if (mod && !event.shiftKey && key === 'b') toggleSidebar();
      else if (!mod && event.key === '/' && !isTyping(event.target)) focusOn('composer');
      else if (!mod && event.key === '?' && !isTyping(event.target)) onHelp();
      else if (event.key === 'Escape' && sidebarCovers() && !isMenuOpen()) toggleSidebar();
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [navigate, onHelp]);
}

function openSearch() {
  if (!document.querySelector('[data-shortcut="search"]')) toggleSidebar();
  requestAnimationFrame(() => focusOn('search'));
}
