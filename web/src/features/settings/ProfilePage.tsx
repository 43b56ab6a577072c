import { useMutation, useQueryClient } from '@tanstack/react-query';

import { api, dataOf } from '~/api/client';
import type { Profile } from '~/api/types';
import { Button } from '~/components/Button';
import { ErrorNotice } from '~/components/ErrorNotice';
import { SelectField, TextArea, TextField } from '~/components/Field';
import { PageSpinner } from '~/components/Spinner';
import { toast } from '~/components/toasts';
import { useModels } from '~/features/models/modelsQuery';
import { profileQuery, useProfile } from '~/features/session/useCurrentUser';
import { useStore } from '~/lib/store';
import { chooseTheme, theme, type Theme } from '~/lib/theme';
import { chooseLocale, LOCALES, locale, t, type Locale } from '~/locales';
import { Section } from './Section';

export function ProfilePage() {
  const profile = useProfile();
  if (!profile) return <PageSpinner />;
  return (
    <>
      <ProfileForm profile={profile} />
      <Appearance />
    </>
  );
}

function ProfileForm({ profile }: { profile: Profile }) {
  const client = useQueryClient();
  const models = useModels();
  const save = useMutation({
    mutationFn: (form: FormData) => {
      const text = (name: string) => String(form.get(name)).trim();
      const temperature = text('temperature');
      return dataOf(
        api.PATCH('/profile', {
          body: {
            displayName: text('displayName') || null,
            settings: {
              defaultModel: text('model') || null,
              defaultTemperature: temperature === '' ? null : Number(temperature),
              systemPrompt: text('systemPrompt') || null,
            },
          },
        }),
      );
    },
    meta: { isShown: true },
    onSuccess({ user }) {
      client.setQueryData(profileQuery.queryKey, user);
      toast(t('common.saved'));
    },
  });
  const { settings } = profile;
  return (
    <Section title={t('settings.profile')}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(new FormData(event.currentTarget));
        }}
      >
        <TextField label={t('field.email')} value={profile.username} readOnly />
        <TextField
          label={t('field.displayName')}
          name="displayName"
          autoComplete="name"
          defaultValue={profile.displayName ?? ''}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <SelectField
            key={`${models.length}`}
            label={t('profile.model')}
            name="model"
            defaultValue={settings.defaultModel ?? ''}
          >
            <option value="">{t('profile.modelNone')}</option>
            {models.map((model) => (
              <option key={model.id} value={model.id}>
                {model.name}
              </option>
            ))}
          </SelectField>
          <TextField
            label={t('profile.temperature')}
            name="temperature"
            type="number"
            min={0}
            max={2}
            step={0.1}
            placeholder="0.7"
            defaultValue={settings.defaultTemperature ?? ''}
          />
        </div>
        <TextArea
          label={t('profile.systemPrompt')}
          name="systemPrompt"
          hint={t('profile.systemPromptHint')}
          defaultValue={settings.systemPrompt ?? ''}
        />
        <ErrorNotice error={save.error} />
        <div>
          <Button type="submit" look="primary" isBusy={save.isPending}>
            {t('common.save')}
          </Button>
        </div>
      </form>
    </Section>
  );
}

function Appearance() {
  const current = useStore(theme);
  return (
    <Section title={t('profile.appearance')}>
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          label={t('theme.title')}
          value={current}
          onChange={(event) => chooseTheme(event.target.value as Theme)}
        >
          {(['system', 'light', 'dark'] as const).map((value) => (
            <option key={value} value={value}>
              {t(`theme.${value}`)}
            </option>
          ))}
        </SelectField>
        <SelectField
          label={t('profile.language')}
          value={locale()}
          onChange={(event) => void chooseLocale(event.target.value as Locale)}
        >
          {Object.entries(LOCALES).map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </SelectField>
      </div>
    </Section>
  );
}
