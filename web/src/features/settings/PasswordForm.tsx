import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';

import { api, dataOf } from '~/api/client';
import { Button } from '~/components/Button';
import { ErrorNotice } from '~/components/ErrorNotice';
import { TextField } from '~/components/Field';
import { toast } from '~/components/toasts';
import { t } from '~/locales';
import { Section } from './Section';

export function PasswordForm() {
  const client = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const change = useMutation({
    mutationFn: (body: { currentPassword: string; newPassword: string }) =>
      dataOf(api.PUT('/users/me/password', { body })),
    meta: { isShown: true },
    onSuccess() {
      form.current?.reset();
      toast(t('password.changed'));
      return client.invalidateQueries({ queryKey: ['sessions'] });
    },
  });
  return (
    <Section title={t('password.title')} text={t('password.text')}>
      <form
        ref={form}
        className="grid gap-4 sm:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault();
          const data = new FormData(event.currentTarget);
          change.mutate({
            currentPassword: String(data.get('currentPassword')),
            newPassword: String(data.get('newPassword')),
          });
        }}
      >
        <TextField
          label={t('password.current')}
          name="currentPassword"
          type="password"
          autoComplete="current-password"
          required
        />
        <TextField
          label={t('password.new')}
          name="newPassword"
          type="password"
          autoComplete="new-password"
          minLength={8}
          required
        />
        <div className="grid gap-3 sm:col-span-2">
          <ErrorNotice error={change.error} />
          <Button type="submit" isBusy={change.isPending} className="w-fit">
            {t('password.action')}
          </Button>
        </div>
      </form>
    </Section>
  );
}
