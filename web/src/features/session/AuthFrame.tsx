import type { ReactNode } from 'react';

import { Logo } from '~/app/Logo';

/** The quiet page around signing in and up. */
export const AuthFrame = ({
  title,
  text,
  children,
}: {
  title: string;
  text?: string;
  children: ReactNode;
}) => (
  <main className="h-dvh overflow-y-auto bg-side">
    <div className="mx-auto flex min-h-full w-full max-w-104 flex-col justify-center gap-6 p-6">
      <Logo />
      <div className="grid gap-5 rounded-2xl border border-line bg-raised p-6 shadow-lift sm:p-8">
        <div className="grid gap-1.5">
          <h1 className="text-xl font-semibold">{title}</h1>
          {text && <p className="text-sm leading-relaxed text-ink-soft">{text}</p>}
        </div>
        {children}
      </div>
    </div>
  </main>
);
