import { useCallback, useMemo } from 'react';

import { api } from '~/api/client';
import type { Conversation } from '~/api/types';
import { ErrorNotice } from '~/components/ErrorNotice';
import { ChatTools } from '~/features/composer/ChatTools';
import { Composer } from '~/features/composer/Composer';
import { useIsAnyRunning } from '~/features/replies/replyStore';
import { Announcer } from './Announcer';
import { newMessage } from './outgoing';
import { ThreadActionsContext, useThreadActions } from './threadActions';
import { TurnList } from './TurnList';
import { isRunning } from './turns';
import { useChatChoices } from './useChatChoices';
import { useDelivery } from './useDelivery';
import { useOutgoing } from './useOutgoing';
import { useThread } from './useThread';

interface Props {
  conversationId: string;
  conversation: Conversation | undefined;
}

/** A conversation: what was said, and where the next message is written. */
export function Thread({ conversationId, conversation }: Props) {
  const thread = useThread(conversationId);
  const outgoing = useOutgoing(conversationId);
  const choices = useChatChoices(conversationId, conversation?.model);
  const delivery = useDelivery();
  const actions = useThreadActions(delivery);

  const runningIds = useMemo(
    () => thread.messages.filter(isRunning).map((message) => message.id),
    [thread.messages],
  );
  // A reply is over a moment before it has been read from the server again.
  const isWriting = useIsAnyRunning(runningIds);
  const isSending = outgoing.some((one) => one.state !== 'failed');

  const stop = useCallback(() => {
    for (const id of runningIds) {
      void api.POST('/messages/{id}/cancel', { params: { path: { id } } }).catch(() => undefined);
    }
  }, [runningIds]);

  return (
    <ThreadActionsContext value={actions}>
      <main className="flex min-h-0 flex-1 flex-col">
        {thread.isError && !thread.data && (
          <div className="mx-auto w-full max-w-3xl p-4">
            <ErrorNotice error={thread.error} onRetry={() => void thread.refetch()} />
          </div>
        )}
        <TurnList
          turns={thread.turns}
          outgoing={outgoing}
          hasOlder={thread.hasNextPage}
          isLoading={thread.isPending || thread.isFetchingNextPage}
          onReachStart={() => void thread.fetchNextPage()}
        />
        <Announcer ids={runningIds} />
        <div className="mx-auto w-full max-w-3xl px-3 pb-3 sm:px-4 sm:pb-4">
          <Composer
            place={conversationId}
            isBusy={isWriting || isSending}
            canSeeImages={choices.chosenModels.every((model) =>
              model.capabilities.includes('vision'),
            )}
            onSend={(content) => delivery.send(newMessage(conversationId, content, choices))}
            onStop={stop}
            tools={<ChatTools choices={choices} />}
          />
        </div>
      </main>
    </ThreadActionsContext>
  );
}
