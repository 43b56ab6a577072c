import { ApiError } from '~/api/errors';
import { errorText } from '~/api/errorText';
import { t } from '~/locales';
import { Button } from './Button';
import { Notice } from './Notice';

/** What went wrong, and what to do next. */
export function messageOf(error: unknown): string {
  if (!(error instanceof ApiError)) return t('error.unknown');
  if (error.code === 'OFFLINE') return t('error.offline');
  if (error.code === 'RATE_LIMITED')
    return t('error.rateLimited', { seconds: error.retryAfterSeconds ?? 60 });
  return errorText(error);
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
