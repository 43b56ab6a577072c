import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearchParams } from 'react-router';

import { PageHeader } from '~/app/PageHeader';
import { api, dataOf } from '~/api/client';
import type { MessageContent } from '~/api/types';
import { useCreation } from '~/api/useCreation';
import { ChatTools } from '~/features/composer/ChatTools';
import { Composer } from '~/features/composer/Composer';
import { nameOf, useProfile } from '~/features/session/useCurrentUser';
import { t, type MessageKey } from '~/locales';
import { newMessage } from './outgoing';
import { beginThread } from './threadCache';
import { useChatChoices } from './useChatChoices';
import { useDelivery } from './useDelivery';

/** The empty page on which a conversation begins. */
export function NewChatPage() {
  const [params] = useSearchParams();
  const projectId = params.get('project');
  const place = projectId ? `new-${projectId}` : 'new';
  const choices = useChatChoices(place);
  const profile = useProfile();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { send } = useDelivery();

  // As soon as there is a line again.
  const create = useCreation((body: { model: string | null; projectId?: string }, header) =>
    dataOf(api.POST('/conversations', { params: { header }, body })),
  );
  const begin = async (content: MessageContent) => {
    const { conversation } = await create.mutateAsync({
      model: choices.models[0] || null,
      ...(projectId ? { projectId } : {}),
    });
    beginThread(client, conversation);
    send(newMessage(conversation.id, content, choices));
    void navigate(`/c/${conversation.id}`);
  };

  const isWaiting = create.isPending && (create.isPaused || create.failureCount > 0);

  return (
    <div className="flex h-full flex-col">
      <PageHeader title={null} />
      <main className="flex min-h-0 flex-1 flex-col justify-center overflow-y-auto px-4 pb-[12dvh]">
        <div className="mx-auto w-full max-w-3xl">
          <h1 className="mb-7 text-center text-[1.7rem] font-semibold tracking-tight">
            {t(greeting(new Date()), { name: profile ? nameOf(profile) : '' }).replace(/, $/, '')}
          </h1>
          <Composer
            key={place}
            place={place}
            isBusy={create.isPending}
            canSeeImages={choices.chosenModels.every((model) =>
              model.capabilities.includes('vision'),
            )}
            // Without a conversation the text stays where it was written.
            onSend={begin}
            tools={<ChatTools choices={choices} />}
          />
          <div className="mt-3 text-center text-xs text-ink-soft">
            <p role="status">{isWaiting && t('outgoing.waiting')}</p>
            {/* Where one types on the screen, Enter is a new line. */}
            {!isWaiting && <p className="pointer-coarse:hidden">{t('composer.hint')}</p>}
          </div>
        </div>
      </main>
    </div>
  );
}

function greeting(now: Date): MessageKey {
  const hour = now.getHours();
  if (hour < 5) return 'greeting.night';
  if (hour < 12) return 'greeting.morning';
  return hour < 18 ? 'greeting.day' : 'greeting.evening';
}
