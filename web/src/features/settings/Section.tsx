import type { ReactNode } from 'react';

interface Props {
  title: string;
  text?: string;
  children: ReactNode;
}

/** A part of a settings page. */
export const Section = ({ title, text, children }: Props) => (
  <section className="grid gap-4">
    <div className="grid gap-1">
      <h2 className="text-lg font-semibold">{title}</h2>
      {text && <p className="text-sm leading-relaxed text-ink-soft">{text}</p>}
    </div>
    {children}
  </section>
);
