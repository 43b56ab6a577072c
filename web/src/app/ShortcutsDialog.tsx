import { Dialog } from '~/components/Dialog';
import { t, type MessageKey } from '~/locales';
import { MOD } from './useShortcuts';

const SHORTCUTS: [string[], MessageKey][] = [
  [[MOD, 'Shift', 'O'], 'shortcut.newChat'],
  [[MOD, 'K'], 'shortcut.search'],
  [[MOD, 'B'], 'shortcut.sidebar'],
  [['/'], 'shortcut.composer'],
  [['Enter'], 'shortcut.send'],
  [['Shift', 'Enter'], 'shortcut.newLine'],
  [['Esc'], 'shortcut.stop'],
  [['?'], 'shortcut.help'],
];

export const ShortcutsDialog = ({ onClose }: { onClose: () => void }) => (
  <Dialog title={t('shortcut.title')} onClose={onClose} className="max-w-md">
    <dl className="grid gap-1">
      {SHORTCUTS.map(([keys, text]) => (
        <div key={text} className="flex items-center justify-between gap-6 py-1.5 text-sm">
          <dt>{t(text)}</dt>
          <dd className="flex gap-1">
            {keys.map((key) => (
              <kbd
                key={key}
                className="min-w-7 rounded-md border border-line bg-sunken px-1.5 py-0.5 text-center font-sans text-xs"
              >
                {key}
              </kbd>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  </Dialog>
);
