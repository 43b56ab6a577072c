import { Brain, ChevronRight } from 'lucide-react';
import { useState } from 'react';

import { Markdown } from '~/features/markdown/Markdown';
import { t } from '~/locales';

/** What a model thought before it spoke, folded away. */
export function Reasoning({ text, isLive }: { text: string; isLive: boolean }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      className="group/fold mb-4"
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary className="flex w-fit list-none items-center gap-2 rounded-lg py-1 pr-2 text-sm text-ink-soft select-none hover:text-ink [&::-webkit-details-marker]:hidden">
        <Brain className={isLive ? 'size-4 animate-blink' : 'size-4'} />
        {t(isLive ? 'message.reasoningLive' : 'message.reasoning')}
        <ChevronRight className="size-3.5 transition-transform group-open/fold:rotate-90" />
      </summary>
      {isOpen && (
        <div className="mt-2 border-l-2 border-line pl-4 text-[0.94em] text-ink-soft">
          <Markdown text={text} isLive={isLive} />
        </div>
      )}
    </details>
  );
}
