import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { isApiError } from '~/api/errors';
import type { Prompt } from '~/api/types';
import { Button } from '~/components/Button';
import { TextArea, TextField } from '~/components/Field';
import { Notice } from '~/components/Notice';
import { t } from '~/locales';
import { promptQuery } from './promptsQuery';
import { usePromptActions } from './usePromptActions';

/** Name and text of a prompt; a changed text is a new version, and never writes over another's. */
export function PromptEditor({ prompt }: { prompt: Prompt }) {
  const client = useQueryClient();
  const { update } = usePromptActions(prompt.projectId);
  const [name, setName] = useState(prompt.name);
  const [content, setContent] = useState(prompt.content);
  const isChanged = name.trim() !== prompt.name || content !== prompt.content;
  const isConflict = isApiError(update.error, 'VERSION_CONFLICT');

  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        update.mutate({
          id: prompt.id,
          name: name.trim(),
          content,
          expectedVersion: prompt.version,
        });
      }}
    >
      <h1 className="text-2xl font-semibold wrap-anywhere">{prompt.name}</h1>
      <TextField
        label={t('field.name')}
        value={name}
        maxLength={100}
        required
        onChange={(event) => setName(event.target.value)}
      />
      <TextArea
        label={t('prompt.content')}
        hint={t('prompt.hint')}
        value={content}
        required
        onChange={(event) => setContent(event.target.value)}
        className="min-h-48 font-mono text-[0.84rem]"
      />
      {isConflict && (
        <Notice
          tone="warn"
          actions={
            <Button onClick={() => void client.invalidateQueries(promptQuery(prompt.id))}>
              {t('prompt.showNewest')}
            </Button>
          }
        >
          {t('prompt.conflict')}
        </Notice>
      )}
      <div className="flex items-center justify-end gap-3">
        <span className="flex-1 text-sm text-ink-soft">
          {t('prompt.version', { version: prompt.version })}
        </span>
        <Button
          type="submit"
          look="primary"
          disabled={!isChanged || !content.trim()}
          isBusy={update.isPending}
        >
          {t('common.save')}
        </Button>
      </div>
    </form>
  );
}
