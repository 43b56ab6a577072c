import { Check, Copy } from 'lucide-react';
import { useState } from 'react';

import { t } from '~/locales';
import { IconButton } from './IconButton';
import { toast } from './toasts';

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [isDone, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      setTimeout(() => setDone(false), 1500);
    } catch {
      toast(t('error.copy'), 'danger');
    }
  };
  return (
    <IconButton isSmall label={isDone ? t('common.copied') : label} onClick={() => void copy()}>
      {isDone ? <Check /> : <Copy />}
    </IconButton>
  );
}
