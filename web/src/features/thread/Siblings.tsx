import { useQuery } from '@tanstack/react-query';
import { ChevronLeft, ChevronRight } from 'lucide-react';

import type { Message } from '~/api/types';
import { IconButton } from '~/components/IconButton';
import { t } from '~/locales';
import { siblingsOf, useActions } from './threadActions';

/** Which of several in one place this is, and the way to the others. */
export function Siblings({ message }: { message: Message }) {
  const actions = useActions();
  const several = message.siblingCount > 1 && actions !== null;
  const { data } = useQuery({
    queryKey: ['siblings', message.id, message.siblingCount],
    queryFn: () => siblingsOf(message.id),
    enabled: several,
    select: ({ messages }) => messages.findIndex((one) => one.id === message.id),
    staleTime: Infinity,
  });
  if (!several) return null;
  const place = (data ?? message.siblingCount - 1) + 1;
  return (
    <span className="flex items-center text-xs tabular-nums">
      <IconButton
        isSmall
        label={t('branch.previous')}
        disabled={place <= 1}
        onClick={() => void actions.turnTo(message, -1)}
      >
        <ChevronLeft />
      </IconButton>
      <span aria-label={t('branch.place', { place, count: message.siblingCount })}>
        {place}/{message.siblingCount}
      </span>
      <IconButton
        isSmall
        label={t('branch.next')}
        disabled={place >= message.siblingCount}
        onClick={() => void actions.turnTo(message, 1)}
      >
        <ChevronRight />
      </IconButton>
    </span>
  );
}
