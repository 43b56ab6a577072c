import { useMutation } from '@tanstack/react-query';

import { api, dataOf } from '~/api/client';
import { Button } from '~/components/Button';
import { ErrorNotice } from '~/components/ErrorNotice';
import { TextField } from '~/components/Field';
import { t } from '~/locales';
import { AuthFrame } from './AuthFrame';
import { useEnter } from './useEnter';

/** The second step of a sign-in: the code of the moment, or one for emergencies. */
export function SecondFactorForm({ challenge, onBack }: { challenge: string; onBack: () => void }) {
  const enter = useEnter();
  const verify = useMutation({
    mutationFn: (code: string) => dataOf(api.POST('/login/verify', { body: { challenge, code } })),
    meta: { isShown: true },
    onSuccess: enter,
  });
  return (
    <AuthFrame title={t('secondFactor.title')} text={t('secondFactor.text')}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          verify.mutate(String(new FormData(event.currentTarget).get('code')).trim());
        }}
      >
        <TextField
          label={t('field.code')}
          name="code"
          autoComplete="one-time-code"
          className="text-center font-mono text-base tracking-[0.3em]"
          required
          autoFocus
        />
        <ErrorNotice error={verify.error} />
        <Button type="submit" look="primary" isBusy={verify.isPending} className="h-10">
          {t('secondFactor.action')}
        </Button>
        <Button look="quiet" onClick={onBack}>
          {t('common.back')}
        </Button>
      </form>
    </AuthFrame>
  );
}
