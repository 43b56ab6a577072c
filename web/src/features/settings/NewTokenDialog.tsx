import { useMutation } from '@tanstack/react-query';

import { api, dataOf } from '~/api/client';
import { Button } from '~/components/Button';
import { Dialog } from '~/components/Dialog';
import { ErrorNotice } from '~/components/ErrorNotice';
import { SelectField, TextField } from '~/components/Field';
import { t } from '~/locales';

const DAY = 86_400;

interface Props {
  onMade: (secret: string) => void;
  onClose: () => void;
}

export function NewTokenDialog({ onMade, onClose }: Props) {
  const create = useMutation({
    mutationFn: (form: FormData) =>
      dataOf(
        api.POST('/auth/tokens', {
          body: {
            name: String(form.get('name')).trim(),
            scopes: form.get('scope') === 'read' ? ['read'] : ['read', 'write'],
            expiresIn: Number(form.get('days')) * DAY,
          },
        }),
      ),
    meta: { isShown: true },
    onSuccess: ({ secret }) => onMade(secret),
  });
  return (
    <Dialog title={t('tokens.new')} onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate(new FormData(event.currentTarget));
        }}
      >
        <TextField label={t('field.name')} name="name" maxLength={100} required autoFocus />
        <div className="grid gap-4 sm:grid-cols-2">
          <SelectField label={t('tokens.scope')} name="scope" defaultValue="write">
            <option value="write">{t('tokens.readWrite')}</option>
            <option value="read">{t('tokens.read')}</option>
          </SelectField>
          <SelectField label={t('tokens.lifetime')} name="days" defaultValue="90">
            {[7, 30, 90, 365].map((days) => (
              <option key={days} value={days}>
                {t('tokens.days', { count: days })}
              </option>
            ))}
          </SelectField>
        </div>
        <ErrorNotice error={create.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="primary" isBusy={create.isPending}>
            {t('tokens.create')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
