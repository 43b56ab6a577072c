import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Prompt } from '~/api/types';
import { Button } from '~/components/Button';
import { formatDateTime } from '~/lib/format';
import { t } from '~/locales';
import { Diff } from './Diff';
import { versionsQuery } from './promptsQuery';
import { usePromptActions } from './usePromptActions';

/** All versions of a prompt, what each changed, and the way back to it. */
export function PromptHistory({ prompt }: { prompt: Prompt }) {
  const query = useInfiniteQuery(versionsQuery(prompt.id));
  const { restore } = usePromptActions(prompt.projectId);
  const [open, setOpen] = useState<number | null>(null);
  const versions = query.data?.pages.flatMap((page) => page.data.versions) ?? [];
  return (
    <section className="grid gap-3">
      <h2 className="text-lg font-semibold">{t('history.title')}</h2>
      <ol className="divide-y divide-line rounded-2xl border border-line">
        {versions.map((version, index) => {
          const isOpen = open === version.version;
          const isCurrent = version.version === prompt.version;
          return (
            <li key={version.version} className="grid gap-3 px-4 py-3">
              <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
                <span className="flex flex-1 basis-32 flex-wrap items-baseline gap-x-3">
                  <span className="font-medium">
                    {t('prompt.version', { version: version.version })}
                  </span>
                  <span className="text-sm text-ink-soft">{formatDateTime(version.createdAt)}</span>
                </span>
                <Button
                  look="quiet"
                  className="h-8"
                  aria-expanded={isOpen}
                  onClick={() => setOpen(isOpen ? null : version.version)}
                >
                  {t('history.changes')}
                </Button>
                {isCurrent ? (
                  <span className="rounded-full bg-accent-soft px-2.5 py-1 text-xs font-medium text-accent">
                    {t('history.current')}
                  </span>
                ) : (
                  <Button
                    className="h-8"
                    isBusy={restore.isPending && restore.variables.version === version.version}
                    onClick={() => restore.mutate({ id: prompt.id, version: version.version })}
                  >
                    {t('history.restore')}
                  </Button>
                )}
              </div>
              {isOpen && (
                <Diff before={versions[index + 1]?.content ?? ''} after={version.content} />
              )}
            </li>
          );
        })}
      </ol>
      {query.hasNextPage && (
        <Button isBusy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('common.more')}
        </Button>
      )}
    </section>
  );
}
