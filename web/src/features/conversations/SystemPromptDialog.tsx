import type { Conversation } from '~/api/types';
import { Button } from '~/components/Button';
import { Dialog } from '~/components/Dialog';
import { ErrorNotice } from '~/components/ErrorNotice';
import { TextArea } from '~/components/Field';
import { t } from '~/locales';
import { useConversationActions } from './useConversationActions';

/** What every model is told at the beginning of this conversation. */
export default function SystemPromptDialog({
  conversation,
  onClose,
}: {
  conversation: Conversation;
  onClose: () => void;
}) {
  const { update } = useConversationActions();
  return (
    <Dialog title={t('conversation.systemPrompt')} onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          const text = String(new FormData(event.currentTarget).get('systemPrompt')).trim();
          update.mutate(
            { id: conversation.id, change: { systemPrompt: text || null } },
            { onSuccess: onClose },
          );
        }}
      >
        <TextArea
          label={t('conversation.systemPromptField')}
          name="systemPrompt"
          hint={t('conversation.systemPromptHint')}
          defaultValue={conversation.systemPrompt ?? ''}
          maxLength={100_000}
          className="min-h-40"
          autoFocus
        />
        <ErrorNotice error={update.error} />
        <Button type="submit" look="primary" isBusy={update.isPending}>
          {t('common.save')}
        </Button>
      </form>
    </Dialog>
  );
}
