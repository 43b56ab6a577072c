import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';

import { api, dataOf } from '~/api/client';
import type { Prompt } from '~/api/types';
import { Button } from '~/components/Button';
import { ErrorNotice } from '~/components/ErrorNotice';
import { TextField } from '~/components/Field';
import { t } from '~/locales';

/** What a prompt says once its variables are filled in. */
export function PromptPreview({ prompt }: { prompt: Prompt }) {
  const [values, setValues] = useState<Record<string, string>>({});
  const render = useMutation({
    mutationFn: () => {
      const variables = Object.fromEntries(
        prompt.variables.map((name) => [name, values[name] ?? '']),
      );
      return dataOf(
        api.POST('/prompts/{id}/render', {
          params: { path: { id: prompt.id } },
          body: { variables },
        }),
      );
    },
    meta: { isShown: true },
  });
  return (
    <section className="grid gap-3">
      <h2 className="text-lg font-semibold">{t('preview.title')}</h2>
      <form
        className="grid gap-3 sm:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault();
          render.mutate();
        }}
      >
        {prompt.variables.map((name) => (
          <TextField
            key={name}
            label={name}
            value={values[name] ?? ''}
            onChange={(event) => setValues({ ...values, [name]: event.target.value })}
          />
        ))}
        <div className="flex items-end">
          <Button type="submit" isBusy={render.isPending}>
            {t('preview.action')}
          </Button>
        </div>
      </form>
      <ErrorNotice error={render.error} />
      {render.data && (
        <pre className="rounded-2xl border border-line bg-raised p-4 font-sans text-sm leading-relaxed wrap-anywhere whitespace-pre-wrap">
          {render.data.content}
        </pre>
      )}
    </section>
  );
}
