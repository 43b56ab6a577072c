import { memo } from 'react';

import { cx } from '~/lib/cx';
import { t } from '~/locales';
import { ReplyView } from './ReplyView';
import type { Turn } from './turns';
import { UserMessage } from './UserMessage';

const sameTurn = (a: { turn: Turn }, b: { turn: Turn }) =>
  a.turn.user === b.turn.user &&
  a.turn.replies.length === b.turn.replies.length &&
  a.turn.replies.every((reply, index) => reply === b.turn.replies[index]);

/** A message and its reply, or its replies side by side. */
export const TurnView = memo(function TurnView({ turn }: { turn: Turn }) {
  const several = turn.replies.length > 1;
  return (
    <article
      className={cx(
        'mx-auto grid w-full grid-cols-1 gap-3 px-4 pb-9',
        several ? 'max-w-[88rem]' : 'max-w-3xl',
      )}
    >
      {turn.user && (
        <div className={cx('w-full', several && 'mx-auto max-w-[46rem]')}>
          <UserMessage message={turn.user} />
        </div>
      )}
      <div
        className={cx(
          several &&
            'grid auto-cols-[minmax(min(20rem,84vw),1fr)] grid-flow-col gap-4 overflow-x-auto pb-2 *:min-w-0',
        )}
        {...(several && { tabIndex: 0, role: 'group', 'aria-label': t('message.several') })}
      >
        {turn.replies.map((reply) => (
          <div
            key={reply.id}
            className={cx(several && 'rounded-2xl border border-line bg-raised p-4')}
          >
            <ReplyView message={reply} />
          </div>
        ))}
      </div>
    </article>
  );
}, sameTurn);
