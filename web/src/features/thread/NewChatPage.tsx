import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearchParams } from 'react-router';

import { PageHeader } from '~/app/PageHeader';
import { api, dataOf } from '~/api/client';
import type { MessageContent } from '~/api/types';
import { ChatTools } from '~/features/composer/ChatTools';
import { Composer } from '~/features/composer/Composer';
import { drafts } from '~/features/composer/drafts';
import { nameOf, useProfile } from '~/features/session/useCurrentUser';
import { t, type MessageKey } from '~/locales';
import { newMessage } from './outgoing';
import { textOf } from './startedMessages';
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

  const begin = useMutation({
    mutationFn: async (content: MessageContent) => {
      const body = { model: choices.models[0] || null, ...(projectId ? { projectId } : {}) };
      return { content, ...(await dataOf(api.POST('/conversations', { body }))) };
    },
    onSuccess({ conversation, content }) {
      beginThread(client, conversation);
      send(newMessage(conversation.id, content, choices));
      void navigate(`/c/${conversation.id}`);
    },
    // Without a conversation the text goes back to where it was written.
    onError: (_error, content) => drafts.giveBack(place, textOf(content)),
  });

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
            isBusy={begin.isPending}
            canSeeImages={choices.chosenModels.every((model) =>
              model.capabilities.includes('vision'),
            )}
            onSend={(content) => begin.mutate(content)}
            tools={<ChatTools choices={choices} />}
          />
          <p className="mt-3 text-center text-xs text-ink-soft">{t('composer.hint')}</p>
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
