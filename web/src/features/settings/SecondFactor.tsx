import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';

import { api, dataOf } from '~/api/client';
import { isApiError } from '~/api/errors';
import { Button } from '~/components/Button';
import { CopyButton } from '~/components/CopyButton';
import { Dialog } from '~/components/Dialog';
import { ErrorNotice } from '~/components/ErrorNotice';
import { TextField } from '~/components/Field';
import { toast } from '~/components/toasts';
import { t } from '~/locales';
import { QrCode } from './QrCode';
import { Section } from './Section';

/** Turns the second factor on and off. The API does not say which it is, so that both are offered. */
export function SecondFactor() {
  const [dialog, setDialog] = useState<'on' | 'off' | null>(null);
  return (
    <Section title={t('twoFactor.title')} text={t('twoFactor.text')}>
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => setDialog('on')}>{t('twoFactor.on')}</Button>
        <Button look="quiet" onClick={() => setDialog('off')}>
          {t('twoFactor.off')}
        </Button>
      </div>
      {dialog === 'on' && <TurnOn onClose={() => setDialog(null)} />}
      {dialog === 'off' && <TurnOff onClose={() => setDialog(null)} />}
    </Section>
  );
}

function TurnOn({ onClose }: { onClose: () => void }) {
  const begin = useMutation({
    mutationFn: () => dataOf(api.POST('/users/me/two-factor')),
    meta: { isShown: true },
  });
  const enable = useMutation({
    mutationFn: (code: string) => dataOf(api.PUT('/users/me/two-factor', { body: { code } })),
    meta: { isShown: true },
  });
  return (
    <Dialog title={t('twoFactor.title')} onClose={onClose}>
      {enable.data ? (
        <RecoveryCodes codes={enable.data.recoveryCodes} onClose={onClose} />
      ) : begin.data ? (
        <form
          className="grid gap-4 text-sm"
          onSubmit={(event) => {
            event.preventDefault();
            enable.mutate(String(new FormData(event.currentTarget).get('code')).trim());
          }}
        >
          <p className="leading-relaxed">{t('twoFactor.scan')}</p>
          <QrCode text={begin.data.otpauthUrl} label={t('twoFactor.qr')} />
          <div className="flex items-center justify-between gap-2 rounded-xl bg-sunken py-1 pr-1 pl-3">
            <code className="text-xs break-all" data-testid="secret">
              {begin.data.secret}
            </code>
            <CopyButton text={begin.data.secret} label={t('twoFactor.copySecret')} />
          </div>
          <TextField
            label={t('field.code')}
            name="code"
            autoComplete="one-time-code"
            inputMode="numeric"
            required
          />
          <ErrorNotice error={enable.error} />
          <Button type="submit" look="primary" isBusy={enable.isPending}>
            {t('twoFactor.confirm')}
          </Button>
        </form>
      ) : (
        <div className="grid gap-4 text-sm">
          <p className="leading-relaxed">{t('twoFactor.begin')}</p>
          <ErrorNotice error={begin.error} />
          <Button
            look="primary"
            isBusy={begin.isPending}
            disabled={isApiError(begin.error, 'CONFLICT')}
            onClick={() => begin.mutate()}
          >
            {t('twoFactor.start')}
          </Button>
        </div>
      )}
    </Dialog>
  );
}

function RecoveryCodes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  return (
    <div className="grid gap-4 text-sm">
      <p className="leading-relaxed">{t('twoFactor.codes')}</p>
      <ul className="grid grid-cols-2 gap-2 rounded-xl bg-sunken p-4 font-mono text-xs">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex justify-end gap-2">
        <CopyButton text={codes.join('\n')} label={t('twoFactor.copyCodes')} />
        <Button look="primary" onClick={onClose}>
          {t('common.done')}
        </Button>
      </div>
    </div>
  );
}

function TurnOff({ onClose }: { onClose: () => void }) {
  const disable = useMutation({
    mutationFn: (body: { password: string; code: string }) =>
      dataOf(api.DELETE('/users/me/two-factor', { body })),
    meta: { isShown: true },
    onSuccess() {
      toast(t('twoFactor.isOff'));
      onClose();
    },
  });
  return (
    <Dialog title={t('twoFactor.off')} onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          disable.mutate({
            password: String(form.get('password')),
            code: String(form.get('code')).trim(),
          });
        }}
      >
        <TextField
          label={t('field.password')}
          name="password"
          type="password"
          autoComplete="current-password"
          required
          autoFocus
        />
        <TextField label={t('field.code')} name="code" autoComplete="one-time-code" required />
        <ErrorNotice error={disable.error} />
        <Button type="submit" look="danger" isBusy={disable.isPending}>
          {t('twoFactor.off')}
        </Button>
      </form>
    </Dialog>
  );
}
