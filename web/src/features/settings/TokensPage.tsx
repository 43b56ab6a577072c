import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';

import { api, dataOf } from '~/api/client';
import { Button } from '~/components/Button';
import { CopyButton } from '~/components/CopyButton';
import { ErrorNotice } from '~/components/ErrorNotice';
import { IconButton } from '~/components/IconButton';
import { Notice } from '~/components/Notice';
import { formatDate, formatDateTime } from '~/lib/format';
import { t } from '~/locales';
import { NewTokenDialog } from './NewTokenDialog';
import { Section } from './Section';

/** Tokens for programs that act for this person. */
export function TokensPage() {
  const client = useQueryClient();
  const [isMaking, setMaking] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const { data: tokens, error } = useQuery({
    queryKey: ['tokens'],
    queryFn: () =>
      dataOf(api.GET('/auth/tokens', { params: { query: { limit: 100 } } })).then(
        (data) => data.tokens,
      ),
  });
  const remove = useMutation({
    mutationFn: (id: string) =>
      dataOf(api.DELETE('/auth/tokens/{id}', { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['tokens'] }),
  });
  return (
    <Section
      title={t('settings.tokens')}
      text={t('tokens.text', { address: `${location.origin}/v1` })}
    >
      <ErrorNotice error={error} />
      <Button
        look="primary"
        className="w-fit"
        icon={<Plus className="size-4" />}
        onClick={() => setMaking(true)}
      >
        {t('tokens.new')}
      </Button>
      {secret && (
        <Notice tone="good">
          {t('tokens.once')}
          <span className="mt-2 flex items-center gap-2">
            <code className="min-w-0 flex-1 font-mono text-xs break-all text-ink">{secret}</code>
            <CopyButton text={secret} label={t('tokens.copy')} />
          </span>
        </Notice>
      )}
      {tokens?.length === 0 && <p className="text-sm text-ink-soft">{t('tokens.empty')}</p>}
      {!!tokens?.length && (
        <ul className="divide-y divide-line rounded-2xl border border-line">
          {tokens.map((token) => (
            <li key={token.id} className="flex items-center gap-3 py-2.5 pr-2 pl-4 text-sm">
              <span className="grid min-w-0 flex-1">
                <span className="truncate font-medium">{token.name}</span>
                <span className="text-xs text-ink-soft">
                  {[
                    token.scopes.join(', '),
                    t('tokens.expires', { at: formatDate(token.expiresAt) }),
                    token.lastUsedAt
                      ? t('keys.used', { at: formatDateTime(token.lastUsedAt) })
                      : t('tokens.unused'),
                  ].join(' · ')}
                </span>
              </span>
              <IconButton
                label={t('tokens.revoke', { name: token.name })}
                onClick={() => remove.mutate(token.id)}
              >
                <Trash2 />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      {isMaking && (
        <NewTokenDialog
          onClose={() => setMaking(false)}
          onMade={(made) => {
            setSecret(made);
            setMaking(false);
            void client.invalidateQueries({ queryKey: ['tokens'] });
          }}
        />
      )}
    </Section>
  );
}
