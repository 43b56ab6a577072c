import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';

import { Logo } from '~/app/Logo';
import { api, dataOf } from '~/api/client';
import { isApiError } from '~/api/errors';
import type { components } from '~/api/schema';
import { ErrorNotice } from '~/components/ErrorNotice';
import { PageSpinner } from '~/components/Spinner';
import { Markdown } from '~/features/markdown/Markdown';
import { formatDateTime } from '~/lib/format';
import { t } from '~/locales';

/** A shared conversation, for everybody who has its address. */
export function SharedPage() {
  const { token = '' } = useParams();
  const { data, error, isPending } = useQuery({
    queryKey: ['shared', token],
    queryFn: () => dataOf(api.GET('/shared/{token}', { params: { path: { token } } })),
    select: (shared) => shared.conversation,
  });
  if (isPending) return <PageSpinner />;
  return (
    <div className="h-dvh overflow-y-auto">
      <header className="flex h-14 items-center justify-between border-b border-line px-4">
        <Logo />
        <a href="/c" className="text-sm text-accent underline underline-offset-4">
          {t('shared.own')}
        </a>
      </header>
      <main className="mx-auto grid max-w-3xl gap-8 px-4 py-10">
        {isApiError(error, 'NOT_FOUND') ? (
          <p className="py-16 text-center text-ink-soft">{t('shared.gone')}</p>
        ) : (
          <ErrorNotice error={error} />
        )}
        {data && (
          <>
            <title>{`${data.title ?? t('conversation.untitled')} · OmniChat`}</title>
            <div className="grid gap-1">
              <h1 className="text-2xl font-semibold">{data.title ?? t('conversation.untitled')}</h1>
              <p className="text-sm text-ink-soft">
                {t('shared.at', { at: formatDateTime(data.sharedAt) })}
              </p>
            </div>
            {data.messages.map((message, index) => (
              <SharedMessage key={index} message={message} />
            ))}
          </>
        )}
      </main>
    </div>
  );
}

function SharedMessage({ message }: { message: components['schemas']['SharedMessageResponse'] }) {
  const leftOut = message.imagesLeftOut > 0 && (
    <p className="text-xs text-ink-soft">{t('shared.images', { count: message.imagesLeftOut })}</p>
  );
  if (message.role === 'user') {
    return (
      <section aria-label={t('shared.question')} className="grid justify-items-end gap-1">
        <div className="max-w-[min(85%,42rem)] rounded-2xl rounded-br-md bg-sunken px-4 py-2.5 leading-relaxed wrap-anywhere whitespace-pre-wrap">
          {message.content}
        </div>
        {leftOut}
      </section>
    );
  }
  return (
    <section aria-label={t('message.reply', { model: message.modelId })}>
      <p className="mb-2 text-xs font-medium text-ink-soft">{message.modelId}</p>
      <Markdown text={message.content} />
      {leftOut}
    </section>
  );
}
