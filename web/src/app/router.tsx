import { createBrowserRouter, Navigate } from 'react-router';

import { PageSpinner } from '~/components/Spinner';
import { RequireSession } from '~/features/session/RequireSession';
import { Crashed } from './Crashed';
import { NotFound } from './NotFound';

/** A page that is loaded when it is first opened. */
const page = <T extends Record<string, unknown>>(load: () => Promise<T>, name: keyof T) => ({
  lazy: async () => ({ Component: (await load())[name] as React.ComponentType }),
});

const settings = () => import('~/features/settings/pages');

export const router = createBrowserRouter([
  {
    ErrorBoundary: Crashed,
    HydrateFallback: PageSpinner,
    children: [
      { path: '/signin', ...page(() => import('~/features/session/SignInPage'), 'SignInPage') },
      { path: '/signup', ...page(() => import('~/features/session/SignUpPage'), 'SignUpPage') },
      { path: '/s/:token', ...page(() => import('~/features/shares/SharedPage'), 'SharedPage') },
      {
        Component: RequireSession,
        children: [
          {
            ...page(() => import('./Shell'), 'Shell'),
            children: [
              { path: '/', element: <Navigate to="/c" replace /> },
              { path: '/c', ...page(() => import('~/features/thread/NewChatPage'), 'NewChatPage') },
              {
                path: '/c/:id',
                ...page(() => import('~/features/thread/ThreadPage'), 'ThreadPage'),
              },
              {
                path: '/p',
                ...page(() => import('~/features/projects/ProjectsPage'), 'ProjectsPage'),
              },
              {
                path: '/p/:id',
                ...page(() => import('~/features/projects/ProjectPage'), 'ProjectPage'),
              },
              {
                path: '/p/:projectId/prompts/:id',
                ...page(() => import('~/features/prompts/PromptPage'), 'PromptPage'),
              },
              {
                path: '/settings',
                ...page(settings, 'SettingsLayout'),
                children: [
                  { index: true, element: <Navigate to="/settings/profile" replace /> },
                  { path: 'profile', ...page(settings, 'ProfilePage') },
                  { path: 'security', ...page(settings, 'SecurityPage') },
                  { path: 'keys', ...page(settings, 'KeysPage') },
                  { path: 'models', ...page(settings, 'ModelsPage') },
                  { path: 'data', ...page(settings, 'DataPage') },
                  { path: 'tokens', ...page(settings, 'TokensPage') },
                  {
                    path: 'usage',
                    ...page(() => import('~/features/settings/UsagePage'), 'UsagePage'),
                  },
                ],
              },
              { path: '*', Component: NotFound },
            ],
          },
        ],
      },
    ],
  },
]);
