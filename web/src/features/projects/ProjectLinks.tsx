import { useInfiniteQuery } from '@tanstack/react-query';
import { Folder, FolderOpen } from 'lucide-react';
import { NavLink } from 'react-router';

import { cx } from '~/lib/cx';
import { t } from '~/locales';
import { projectsQuery } from './projectsQuery';

const SHOWN = 4;

/** The projects used last, and the way to all. */
export function ProjectLinks() {
  const { data } = useInfiniteQuery(projectsQuery());
  const projects = data?.pages[0]?.data.projects.slice(0, SHOWN) ?? [];
  const look = ({ isActive }: { isActive: boolean }) =>
    cx(
      'hover:bg-hover flex h-9 items-center gap-2.5 rounded-lg px-2.5 text-sm',
      isActive && 'bg-hover font-medium',
    );
  return (
    <nav aria-label={t('projects.title')}>
      <NavLink to="/p" end className={look}>
        <FolderOpen className="size-4 shrink-0 text-ink-soft" />
        {t('projects.title')}
      </NavLink>
      {projects.map((project) => (
        <NavLink key={project.id} to={`/p/${project.id}`} className={look}>
          <Folder className="ml-1 size-3.5 shrink-0 text-ink-soft" />
          <span className="truncate">{project.name}</span>
        </NavLink>
      ))}
    </nav>
  );
}
