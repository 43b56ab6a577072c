import { t } from '~/locales';
import { Button } from './Button';
import { Dialog } from './Dialog';

interface Props {
  title: string;
  text: string;
  action: string;
  isBusy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something is gone for good. */
export function ConfirmDialog({ title, text, action, isBusy, onConfirm, onClose }: Props) {
  return (
    <Dialog title={title} onClose={onClose} className="max-w-md">
      <p className="mb-5 text-sm leading-relaxed text-ink-soft">{text}</p>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose} autoFocus>
          {t('common.cancel')}
        </Button>
        <Button look="danger" isBusy={isBusy} onClick={onConfirm}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
