import { useMutation } from '@tanstack/react-query';
import { Link, useLocation } from 'react-router';

import { api, dataOf } from '~/api/client';
import { isApiError } from '~/api/errors';
import { errorText } from '~/api/errorText';
import { Button } from '~/components/Button';
import { ErrorNotice } from '~/components/ErrorNotice';
import { TextField } from '~/components/Field';
import { t } from '~/locales';
import { AuthFrame } from './AuthFrame';
import { useEnter } from './useEnter';

interface Entered {
  email: string;
  password: string;
  displayName: string;
}

async function register({ email, password, displayName }: Entered) {
  await api.POST('/users', { body: { email, password, displayName: displayName || null } });
  return dataOf(api.POST('/login', { body: { email, password } }));
}

export function SignUpPage() {
  const enter = useEnter();
  const { search } = useLocation();
  const signUp = useMutation({
    mutationFn: register,
    meta: { isShown: true },
    onSuccess: enter,
  });
  const fieldError = (field: string) =>
    isApiError(signUp.error, 'VALIDATION_ERROR') && signUp.error.details.field === field
      ? errorText(signUp.error)
      : null;

  return (
    <AuthFrame title={t('signUp.title')} text={t('signUp.text')}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          const text = (name: keyof Entered) => String(form.get(name)).trim();
          signUp.mutate({
            email: text('email'),
            displayName: text('displayName'),
            password: String(form.get('password')),
          });
        }}
      >
        <TextField
          label={t('field.displayName')}
          name="displayName"
          autoComplete="name"
          autoFocus
        />
        <TextField
          label={t('field.email')}
          name="email"
          type="email"
          autoComplete="username"
          error={fieldError('email')}
          required
        />
        <TextField
          label={t('field.password')}
          name="password"
          type="password"
          autoComplete="new-password"
          minLength={8}
          hint={t('field.passwordHint')}
          error={fieldError('password')}
          required
        />
        {!fieldError('email') && !fieldError('password') && <ErrorNotice error={signUp.error} />}
        <Button type="submit" look="primary" isBusy={signUp.isPending} className="h-10">
          {t('signUp.action')}
        </Button>
      </form>
      <p className="text-center text-sm text-ink-soft">
        {t('signUp.known')}{' '}
        <Link
          to={`/signin${search}`}
          className="font-medium text-accent underline underline-offset-4"
        >
          {t('signIn.action')}
        </Link>
      </p>
    </AuthFrame>
  );
}
