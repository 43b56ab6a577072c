import { useQuery } from '@tanstack/react-query';
import { ArrowLeft, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';

import { NotFound } from '~/app/NotFound';
import { PageHeader } from '~/app/PageHeader';
import { isApiError } from '~/api/errors';
import { ConfirmDialog } from '~/components/ConfirmDialog';
import { IconButton } from '~/components/IconButton';
import { PageSpinner } from '~/components/Spinner';
import { t } from '~/locales';
import { PromptEditor } from './PromptEditor';
import { PromptHistory } from './PromptHistory';
import { PromptPreview } from './PromptPreview';
import { promptQuery } from './promptsQuery';
import { usePromptActions } from './usePromptActions';

export function PromptPage() {
  const { projectId = '', id = '' } = useParams();
  const { data: prompt, error } = useQuery(promptQuery(id));
  const { remove } = usePromptActions(projectId);
  const [isDeleting, setDeleting] = useState(false);
  const navigate = useNavigate();
  const back = `/p/${projectId}`;
  if (isApiError(error, 'NOT_FOUND')) return <NotFound />;
  if (!prompt) return <PageSpinner />;

  return (
    <div className="flex h-full flex-col">
      <title>{`${prompt.name} · OmniChat`}</title>
      <PageHeader
        title={
          <Link
            to={back}
            className="inline-flex items-center gap-2 text-sm text-ink-soft hover:text-ink"
          >
            <ArrowLeft className="size-4" />
            {t('prompt.back')}
          </Link>
        }
      >
        <IconButton label={t('prompt.delete')} onClick={() => setDeleting(true)}>
          <Trash2 />
        </IconButton>
      </PageHeader>
      <main className="min-h-0 flex-1 overflow-y-auto px-4 pb-16">
        <div className="mx-auto grid max-w-3xl gap-9">
          {/* A version that came from elsewhere, or was restored, is shown as it is now. */}
          <PromptEditor key={prompt.version} prompt={prompt} />
          {prompt.variables.length > 0 && <PromptPreview prompt={prompt} />}
          <PromptHistory prompt={prompt} />
        </div>
      </main>
      {isDeleting && (
        <ConfirmDialog
          title={t('prompt.deleteTitle', { name: prompt.name })}
          text={t('prompt.deleteText')}
          action={t('common.delete')}
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(id, { onSuccess: () => void navigate(back) })}
          onClose={() => setDeleting(false)}
        />
      )}
    </div>
  );
}
