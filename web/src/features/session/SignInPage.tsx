import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'react-router';

import { api, dataOf } from '~/api/client';
import { isApiError } from '~/api/errors';
import { Button } from '~/components/Button';
import { ErrorNotice } from '~/components/ErrorNotice';
import { TextField } from '~/components/Field';
import { t } from '~/locales';
import { AuthFrame } from './AuthFrame';
import { SecondFactorForm } from './SecondFactorForm';
import { useEnter } from './useEnter';

export function SignInPage() {
  const enter = useEnter();
  const { search } = useLocation();
  const [challenge, setChallenge] = useState<string | null>(null);
  const signIn = useMutation({
    mutationFn: (body: { email: string; password: string }) => dataOf(api.POST('/login', { body })),
    meta: { isShown: true },
    onSuccess: enter,
    onError(error) {
      if (isApiError(error, 'SECOND_FACTOR_REQUIRED'))
        setChallenge(String(error.details.challenge));
    },
  });

  if (challenge)
    return <SecondFactorForm challenge={challenge} onBack={() => setChallenge(null)} />;
  return (
    <AuthFrame title={t('signIn.title')} text={t('signIn.text')}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          signIn.mutate({
            email: String(form.get('email')),
            password: String(form.get('password')),
          });
        }}
      >
        <TextField
          label={t('field.email')}
          name="email"
          type="email"
          autoComplete="username"
          required
          autoFocus
        />
        <TextField
          label={t('field.password')}
          name="password"
          type="password"
          autoComplete="current-password"
          required
        />
        {!isApiError(signIn.error, 'SECOND_FACTOR_REQUIRED') && (
          <ErrorNotice error={signIn.error} />
        )}
        <Button type="submit" look="primary" isBusy={signIn.isPending} className="h-10">
          {t('signIn.action')}
        </Button>
      </form>
      <p className="text-center text-sm text-ink-soft">
        {t('signIn.new')}{' '}
        <Link
          to={`/signup${search}`}
          className="font-medium text-accent underline underline-offset-4"
        >
          {t('signUp.action')}
        </Link>
      </p>
    </AuthFrame>
  );
}
