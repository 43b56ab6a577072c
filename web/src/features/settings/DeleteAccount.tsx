import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';

import { api, dataOf } from '~/api/client';
import { Button } from '~/components/Button';
import { Dialog } from '~/components/Dialog';
import { ErrorNotice } from '~/components/ErrorNotice';
import { TextField } from '~/components/Field';
import { forgetOwn } from '~/features/session/ownStorage';
import { sessionEnded } from '~/features/session/session';
import { t } from '~/locales';
import { Section } from './Section';

export function DeleteAccount() {
  const [isOpen, setOpen] = useState(false);
  const remove = useMutation({
    mutationFn: (password: string) =>
      dataOf(api.POST('/users/me/deletion', { body: { password } })),
    meta: { isShown: true },
    async onSuccess() {
      sessionEnded();
      await forgetOwn();
    },
  });
  return (
    <Section title={t('account.deleteTitle')} text={t('account.deleteText')}>
      <Button look="danger" className="w-fit" onClick={() => setOpen(true)}>
        {t('account.delete')}
      </Button>
      {isOpen && (
        <Dialog title={t('account.deleteTitle')} onClose={() => setOpen(false)}>
          <form
            className="grid gap-4"
            onSubmit={(event) => {
              event.preventDefault();
              remove.mutate(String(new FormData(event.currentTarget).get('password')));
            }}
          >
            <p className="text-sm leading-relaxed text-ink-soft">{t('account.deleteConfirm')}</p>
            <TextField
              label={t('field.password')}
              name="password"
              type="password"
              autoComplete="current-password"
              required
              autoFocus
            />
            <ErrorNotice error={remove.error} />
            <Button type="submit" look="danger" isBusy={remove.isPending}>
              {t('account.delete')}
            </Button>
          </form>
        </Dialog>
      )}
    </Section>
  );
}
