import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';

import { Button } from '~/components/Button';
import { Dialog } from '~/components/Dialog';
import { TextArea, TextField } from '~/components/Field';
import { Switch } from '~/components/Switch';
import { t } from '~/locales';
import { promptsQuery } from './promptsQuery';
import { usePromptActions } from './usePromptActions';

/** A project's prompts: what every model is told first in each of its conversations. */
export function PromptList({ projectId }: { projectId: string }) {
  const { data: prompts } = useQuery(promptsQuery(projectId));
  const { update } = usePromptActions(projectId);
  const [isMaking, setMaking] = useState(false);
  return (
    <section className="grid gap-3">
      <div className="flex items-center justify-between gap-4">
        <h2 className="text-lg font-semibold">{t('prompts.title')}</h2>
        <Button icon={<Plus className="size-4" />} onClick={() => setMaking(true)}>
          {t('prompts.new')}
        </Button>
      </div>
      {prompts?.length === 0 && (
        <p className="text-sm leading-relaxed text-ink-soft">{t('prompts.empty')}</p>
      )}
      <ul className="grid gap-2.5">
        {prompts?.map((prompt) => (
          <li
            key={prompt.id}
            className="flex items-center gap-4 rounded-2xl border border-line bg-raised py-3 pr-4 pl-4"
          >
            <Link
              to={`/p/${projectId}/prompts/${prompt.id}`}
              className="group grid min-w-0 flex-1 gap-0.5"
            >
              <span className="flex items-baseline gap-2">
                <span className="truncate font-medium underline-offset-4 group-hover:underline">
                  {prompt.name}
                </span>
                <span className="shrink-0 text-xs text-ink-soft">
                  {t('prompt.version', { version: prompt.version })}
                </span>
              </span>
              <span className="truncate text-sm text-ink-soft">{prompt.content}</span>
            </Link>
            <Switch
              label={t('prompts.active', { name: prompt.name })}
              isOn={prompt.isActive}
              onChange={(isActive) => update.mutate({ id: prompt.id, isActive })}
            />
          </li>
        ))}
      </ul>
      {isMaking && <NewPromptDialog projectId={projectId} onClose={() => setMaking(false)} />}
    </section>
  );
}

function NewPromptDialog({ projectId, onClose }: { projectId: string; onClose: () => void }) {
  const { create } = usePromptActions(projectId);
  const navigate = useNavigate();
  return (
    <Dialog title={t('prompts.new')} onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          create.mutate(
            { name: String(form.get('name')).trim(), content: String(form.get('content')) },
            { onSuccess: ({ prompt }) => void navigate(`/p/${projectId}/prompts/${prompt.id}`) },
          );
        }}
      >
        <TextField label={t('field.name')} name="name" maxLength={100} required autoFocus />
        <TextArea label={t('prompt.content')} name="content" hint={t('prompt.hint')} required />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="primary" isBusy={create.isPending}>
            {t('common.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
