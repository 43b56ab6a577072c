import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown } from 'lucide-react';
import { useEffect, useRef } from 'react';

import { IconButton } from '~/components/IconButton';
import { Spinner } from '~/components/Spinner';
import type { Outgoing } from '~/features/replies/outbox';
import { t } from '~/locales';
import { OutgoingView } from './OutgoingView';
import type { Turn } from './turns';
import { TurnView } from './TurnView';
import { useStickToEnd } from './useStickToEnd';

interface Props {
  turns: Turn[];
  outgoing: Outgoing[];
  hasOlder: boolean;
  isLoading: boolean;
  onReachStart: () => void;
}

/** The turns of a thread, of which only those in sight are there. It holds on to its end while that grows. */
export function TurnList({ turns, outgoing, hasOlder, isLoading, onReachStart }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const count = turns.length + outgoing.length;

  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    getItemKey: (index) => turns[index]?.id ?? outgoing[index - turns.length]?.key ?? index,
    estimateSize: () => 280,
    overscan: 3,
    paddingStart: 24,
    paddingEnd: 24,
    anchorTo: 'end',
  });

  // What one has just sent is always gone along with.
  const { isAtEnd, toEnd } = useStickToEnd(scroller, virtual.getTotalSize(), outgoing.at(-1)?.key);

  const items = virtual.getVirtualItems();
  const first = items[0]?.index;
  useEffect(() => {
    if (first !== undefined && first < 4 && hasOlder && !isLoading) onReachStart();
  }, [first, hasOlder, isLoading, onReachStart]);

  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        className="h-full overflow-y-auto overscroll-contain [overflow-anchor:none]"
        tabIndex={0}
        role="region"
        aria-label={t('thread.label')}
      >
        {isLoading && (
          <div className="absolute inset-x-0 top-2 grid place-items-center text-ink-soft">
            <Spinner />
          </div>
        )}
        <div className="relative w-full" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const turn = turns[item.index];
            const sent = outgoing[item.index - turns.length];
            return (
              <div
                key={item.key}
                data-index={item.index}
                ref={virtual.measureElement}
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                {turn ? <TurnView turn={turn} /> : sent && <OutgoingView outgoing={sent} />}
              </div>
            );
          })}
        </div>
      </div>
      {!isAtEnd && (
        <IconButton
          label={t('thread.toEnd')}
          onClick={toEnd}
          className="absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full border border-line bg-raised shadow-lift"
        >
          <ArrowDown />
        </IconButton>
      )}
    </div>
  );
}
