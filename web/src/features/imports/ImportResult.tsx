import { errorText } from '~/api/errorText';
import type { Import } from '~/api/types';
import { Notice } from '~/components/Notice';
import { Spinner } from '~/components/Spinner';
import { formatNumber } from '~/lib/format';
import { t } from '~/locales';

/** How far an import is, and in the end what became of what was in the file. */
export function ImportResult({ job }: { job: Import }) {
  const counts = t('import.counts', {
    conversations: formatNumber(job.conversations),
    messages: formatNumber(job.messages),
  });
  if (job.status === 'running')
    return (
      <Notice>
        <span className="flex items-center gap-2.5">
          <Spinner />
          {t('import.running')} {counts}
        </span>
      </Notice>
    );
  if (job.status === 'failed')
    return (
      <Notice tone="danger">
        {job.error ? errorText({ message: job.error }) : t('error.unknown')}
        {job.conversations > 0 && ` ${counts}`}
      </Notice>
    );
  if (job.conversations === 0) return <Notice tone="danger">{t('import.nothing')}</Notice>;
  const isWhole = job.skippedConversations + job.skippedMessages + job.shortenedMessages === 0;
  return (
    <Notice tone={isWhole ? 'good' : 'warn'}>
      {t('import.complete')} {counts}
      {!isWhole &&
        ` ${t('import.leftOut', {
          conversations: formatNumber(job.skippedConversations),
          messages: formatNumber(job.skippedMessages),
          shortened: formatNumber(job.shortenedMessages),
        })}`}
    </Notice>
  );
}
