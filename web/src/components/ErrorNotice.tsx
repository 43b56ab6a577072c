import { ApiError } from '~/api/errors';
import { t } from '~/locales';
import { Button } from './Button';
import { Notice } from './Notice';

/** What went wrong, in the server's words where it has some. */
export function messageOf(error: unknown): string {
  if (!(error instanceof ApiError)) return t('error.unknown');
  if (error.code === 'OFFLINE') return t('error.offline');
  if (error.code === 'RATE_LIMITED')
    return t('error.rateLimited', { seconds: error.retryAfterSeconds ?? 60 });
  return error.message;
}

export function ErrorNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  if (!error) return null;
  return (
    <Notice
      tone="danger"
      actions={onRetry && <Button onClick={onRetry}>{t('common.tryAgain')}</Button>}
    >
      {messageOf(error)}
    </Notice>
  );
}
