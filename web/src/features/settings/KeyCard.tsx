import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, dataOf } from '~/api/client';
import type { components } from '~/api/schema';
import type { KeyName } from '~/api/types';
import { Button } from '~/components/Button';
import { ErrorNotice } from '~/components/ErrorNotice';
import { TextField } from '~/components/Field';
import { Notice } from '~/components/Notice';
import { KEY_NAMES } from '~/features/models/providers';
import { formatDate } from '~/lib/format';
import { t } from '~/locales';

interface Props {
  name: KeyName;
  stored: components['schemas']['StoredKeyResponse'] | undefined;
}

/** One provider's key: what is known of it, and a place for another, which is tried before it is kept. */
export function KeyCard({ name, stored }: Props) {
  const client = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const reread = () =>
    Promise.all(
      ['api-keys', 'models', 'profile'].map((key) => client.invalidateQueries({ queryKey: [key] })),
    );
  const save = useMutation({
    mutationFn: (key: string) => dataOf(api.POST('/profile/api-keys', { body: { [name]: key } })),
    meta: { isShown: true },
    onSuccess({ verified }) {
      if (verified[name] !== false) setOpen(false);
      return reread();
    },
  });
  const remove = useMutation({
    mutationFn: () =>
      dataOf(api.DELETE('/profile/api-keys/{name}', { params: { path: { name } } })),
    onSuccess() {
      save.reset();
      return reread();
    },
  });
  const verdict = save.data?.verified[name];

  return (
    <li className="grid gap-3 rounded-2xl border border-line bg-raised p-4">
      <div className="flex flex-wrap items-center gap-3">
        <span className="grid flex-1 gap-0.5">
          <span className="font-medium">{KEY_NAMES[name]}</span>
          <span className="text-xs text-ink-soft">{stateOf(stored)}</span>
        </span>
        {stored?.configured && (
          <Button
            look="danger"
            isBusy={remove.isPending}
            onClick={() => remove.mutate()}
            aria-label={t('keys.removeOf', { name: KEY_NAMES[name] })}
          >
            {t('keys.remove')}
          </Button>
        )}
        <Button
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          aria-label={t('keys.setOf', { name: KEY_NAMES[name] })}
        >
          {t(stored?.configured ? 'keys.replace' : 'keys.add')}
        </Button>
      </div>
      {isOpen && (
        <form
          className="flex items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate(String(new FormData(event.currentTarget).get('key')).trim());
          }}
        >
          <div className="flex-1">
            <TextField
              label={t('keys.field', { name: KEY_NAMES[name] })}
              name="key"
              type="password"
              autoComplete="off"
              required
              autoFocus
            />
          </div>
          <Button type="submit" look="primary" isBusy={save.isPending} className="h-10">
            {t('keys.verify')}
          </Button>
        </form>
      )}
      <ErrorNotice error={save.error} />
      {save.isSuccess && verdict === true && <Notice tone="good">{t('keys.works')}</Notice>}
      {save.isSuccess && verdict === false && <Notice tone="danger">{t('keys.rejected')}</Notice>}
      {save.isSuccess && verdict === null && <Notice tone="warn">{t('keys.unchecked')}</Notice>}
    </li>
  );
}

function stateOf(stored: Props['stored']): string {
  if (!stored?.configured) return t('keys.none');
  const parts = [t('keys.ends', { four: stored.lastFour ?? '????' })];
  if (stored.lastUsed) parts.push(t('keys.used', { at: formatDate(stored.lastUsed) }));
  return parts.join(' · ');
}
