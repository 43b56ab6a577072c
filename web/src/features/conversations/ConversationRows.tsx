import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, type RefObject } from 'react';

import { t } from '~/locales';
import { ConversationLink } from './ConversationLink';
import type { Group } from './groupByAge';
import { rowsOf } from './rows';

/** So many rows before its end the list asks for more. */
const AHEAD = 10;

interface Props {
  groups: readonly Group[];
  scroller: RefObject<HTMLElement | null>;
  /** Whether more can be had now. */
  hasMore: boolean;
  onReachEnd: () => void;
}

/** Groups of conversations as one list, of which only the rows in sight are there. */
export function ConversationRows({ groups, scroller, hasMore, onReachEnd }: Props) {
  const rows = useMemo(() => rowsOf(groups), [groups]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    getItemKey: (index) => rows[index]?.key ?? index,
    estimateSize: (index) => (rows[index]?.conversation ? 36 : 32),
    overscan: 8,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (hasMore && last >= rows.length - AHEAD) onReachEnd();
  }, [hasMore, last, rows.length, onReachEnd]);

  return (
    <ul className="relative" style={{ height: virtual.getTotalSize() }}>
      {items.map(({ index, key, start }) => {
        const row = rows[index];
        return (
          row && (
            <li
              key={key}
              data-index={index}
              ref={virtual.measureElement}
              className="group absolute inset-x-0 top-0"
              style={{ transform: `translateY(${start}px)` }}
            >
              {row.conversation ? (
                <ConversationLink conversation={row.conversation} />
              ) : (
                <h2 className="px-2.5 pt-3 pb-1 text-xs font-medium text-ink-soft">
                  {t(row.title)}
                </h2>
              )}
            </li>
          )
        );
      })}
    </ul>
  );
}
