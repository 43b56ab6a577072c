import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link2, Trash2 } from 'lucide-react';

import { api, dataOf } from '~/api/client';
import type { Conversation } from '~/api/types';
import { useCreation } from '~/api/useCreation';
import { Button } from '~/components/Button';
import { CopyButton } from '~/components/CopyButton';
import { Dialog } from '~/components/Dialog';
import { ErrorNotice } from '~/components/ErrorNotice';
import { IconButton } from '~/components/IconButton';
import { formatDateTime } from '~/lib/format';
import { t } from '~/locales';

/** Gives a conversation as it is now a public address, and takes such addresses back. */
export default function ShareDialog({
  conversation,
  onClose,
}: {
  conversation: Conversation;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const path = { id: conversation.id };
  const queryKey = ['shares', conversation.id];
  const shares = useQuery({
    queryKey,
    queryFn: () =>
      dataOf(api.GET('/conversations/{id}/shares', { params: { path } })).then(
        (data) => data.shares,
      ),
  });
  const reread = () => client.invalidateQueries({ queryKey });
  const create = useCreation(
    (_, header) => dataOf(api.POST('/conversations/{id}/shares', { params: { path, header } })),
    { meta: { isShown: true }, onSuccess: reread },
  );
  const remove = useMutation({
    mutationFn: (id: string) => dataOf(api.DELETE('/shares/{id}', { params: { path: { id } } })),
    onSuccess: (_data, id) => {
      if (create.data?.share.id === id) create.reset();
      return reread();
    },
  });
  const address = create.data && `${location.origin}/s/${create.data.share.token}`;

  return (
    <Dialog title={t('share.title')} onClose={onClose}>
      <div className="grid gap-4 text-sm">
        <p className="leading-relaxed text-ink-soft">{t('share.text')}</p>
        {address ? (
          <div className="grid gap-1.5">
            <div className="flex items-center gap-2 rounded-xl border border-line bg-sunken py-1 pr-1 pl-3">
              <input
                readOnly
                aria-label={t('share.address')}
                value={address}
                onFocus={(event) => event.target.select()}
                className="min-w-0 flex-1 bg-transparent font-mono text-xs outline-none"
              />
              <CopyButton text={address} label={t('share.copy')} />
            </div>
            <p className="text-xs text-ink-soft">{t('share.once')}</p>
          </div>
        ) : (
          <Button
            look="primary"
            icon={<Link2 className="size-4" />}
            isBusy={create.isPending}
            onClick={() => create.mutate()}
          >
            {t('share.create')}
          </Button>
        )}
        <ErrorNotice error={create.error} />
        {!!shares.data?.length && (
          <section className="grid gap-1.5">
            <h3 className="font-medium">{t('share.existing')}</h3>
            <ul className="divide-y divide-line rounded-xl border border-line">
              {shares.data.map((share) => (
                <li key={share.id} className="flex items-center gap-3 py-1.5 pr-1.5 pl-3">
                  <span className="flex-1">
                    {formatDateTime(share.createdAt)}
                    <span className="text-ink-soft">
                      {' '}
                      · {t('share.messages', { count: share.messageCount })}
                    </span>
                  </span>
                  <IconButton
                    label={t('share.revoke')}
                    disabled={remove.isPending}
                    onClick={() => remove.mutate(share.id)}
                  >
                    <Trash2 />
                  </IconButton>
                </li>
              ))}
            </ul>
          </section>
        )}
      </div>
    </Dialog>
  );
}
