import { useQuery } from '@tanstack/react-query';
import { Pencil, SquarePen, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';

import { NotFound } from '~/app/NotFound';
import { PageHeader } from '~/app/PageHeader';
import { isApiError } from '~/api/errors';
import { ConfirmDialog } from '~/components/ConfirmDialog';
import { ErrorNotice } from '~/components/ErrorNotice';
import { IconButton } from '~/components/IconButton';
import { PromptList } from '~/features/prompts/PromptList';
import { t } from '~/locales';
import { ProjectConversations } from './ProjectConversations';
import { ProjectDialog } from './ProjectDialog';
import { projectQuery } from './projectsQuery';
import { useProjectActions } from './useProjectActions';

export function ProjectPage() {
  const { id = '' } = useParams();
  const { data: project, error, refetch } = useQuery(projectQuery(id));
  const { remove } = useProjectActions();
  const [dialog, setDialog] = useState<'edit' | 'delete' | null>(null);
  const navigate = useNavigate();
  if (isApiError(error, 'NOT_FOUND')) return <NotFound />;

  return (
    <div className="flex h-full flex-col">
      <title>{`${project?.name ?? ''} · OmniChat`}</title>
      <PageHeader title={null}>
        <IconButton label={t('project.edit')} disabled={!project} onClick={() => setDialog('edit')}>
          <Pencil />
        </IconButton>
        <IconButton
          label={t('project.delete')}
          disabled={!project}
          onClick={() => setDialog('delete')}
        >
          <Trash2 />
        </IconButton>
      </PageHeader>
      <main className="min-h-0 flex-1 overflow-y-auto px-4 pb-16">
        <div className="mx-auto grid max-w-3xl gap-9">
          <ErrorNotice error={error} onRetry={() => void refetch()} />
          {project && (
            <div className="grid gap-2">
              <h1 className="text-2xl font-semibold wrap-anywhere">{project.name}</h1>
              {project.description && (
                <p className="leading-relaxed text-ink-soft">{project.description}</p>
              )}
              <Link
                to={`/c?project=${id}`}
                className="mt-2 inline-flex h-9 w-fit items-center gap-2 rounded-lg bg-accent px-3.5 text-sm font-medium text-accent-ink"
              >
                <SquarePen className="size-4" />
                {t('project.newChat')}
              </Link>
            </div>
          )}
          <PromptList projectId={id} />
          <ProjectConversations projectId={id} />
        </div>
      </main>
      {dialog === 'edit' && project && (
        <ProjectDialog
          project={project}
          onSaved={() => setDialog(null)}
          onClose={() => setDialog(null)}
        />
      )}
      {dialog === 'delete' && project && (
        <ConfirmDialog
          title={t('project.deleteTitle', { name: project.name })}
          text={t('project.deleteText')}
          action={t('common.delete')}
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(id, { onSuccess: () => void navigate('/p') })}
          onClose={() => setDialog(null)}
        />
      )}
    </div>
  );
}
