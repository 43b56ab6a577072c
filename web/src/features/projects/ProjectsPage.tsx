import { useInfiniteQuery } from '@tanstack/react-query';
import { Folder, Plus } from 'lucide-react';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';

import { PageHeader } from '~/app/PageHeader';
import { Button } from '~/components/Button';
import { ErrorNotice } from '~/components/ErrorNotice';
import { useEndless } from '~/components/useEndless';
import { formatDate } from '~/lib/format';
import { t } from '~/locales';
import { ProjectDialog } from './ProjectDialog';
import { projectsQuery } from './projectsQuery';

export function ProjectsPage() {
  const query = useInfiniteQuery(projectsQuery());
  const projects = query.data?.pages.flatMap((page) => page.data.projects) ?? [];
  const end = useEndless(() => void query.fetchNextPage(), query.hasNextPage && !query.isFetching);
  const [isMaking, setMaking] = useState(false);
  const navigate = useNavigate();
  return (
    <div className="flex h-full flex-col">
      <title>{`${t('projects.title')} · OmniChat`}</title>
      <PageHeader title={null} />
      <main className="min-h-0 flex-1 overflow-y-auto px-4 pb-16">
        <div className="mx-auto grid max-w-3xl gap-5">
          <div className="flex items-center justify-between gap-4">
            <h1 className="text-2xl font-semibold">{t('projects.title')}</h1>
            <Button
              look="primary"
              icon={<Plus className="size-4" />}
              onClick={() => setMaking(true)}
            >
              {t('projects.new')}
            </Button>
          </div>
          <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
          {query.isSuccess && projects.length === 0 && (
            <p className="rounded-2xl border border-dashed border-line p-10 text-center leading-relaxed text-ink-soft">
              {t('projects.empty')}
            </p>
          )}
          <ul className="grid gap-3 sm:grid-cols-2">
            {projects.map((project) => (
              <li key={project.id}>
                <Link
                  to={`/p/${project.id}`}
                  className="grid h-full gap-1.5 rounded-2xl border border-line bg-raised p-4 transition-colors hover:border-line-strong"
                >
                  <span className="flex items-center gap-2 font-medium">
                    <Folder className="size-4 shrink-0 text-accent" />
                    <span className="truncate">{project.name}</span>
                  </span>
                  <span className="line-clamp-2 min-h-10 text-sm text-ink-soft">
                    {project.description}
                  </span>
                  <span className="text-xs text-ink-soft">
                    {t('project.promptCount', { count: project.promptCount })} ·{' '}
                    {formatDate(project.updatedAt)}
                  </span>
                </Link>
              </li>
            ))}
          </ul>
          <div ref={end} />
        </div>
      </main>
      {isMaking && (
        <ProjectDialog
          onClose={() => setMaking(false)}
          onSaved={({ id }) => void navigate(`/p/${id}`)}
        />
      )}
    </div>
  );
}
