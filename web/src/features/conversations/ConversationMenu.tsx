import {
  Archive,
  ArchiveRestore,
  Download,
  Ellipsis,
  FileJson,
  Pencil,
  Pin,
  PinOff,
  ScrollText,
  Share2,
  Sparkles,
  Trash2,
} from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useMatch, useNavigate } from 'react-router';

import type { Conversation } from '~/api/types';
import { ConfirmDialog } from '~/components/ConfirmDialog';
import { IconButton } from '~/components/IconButton';
import { Menu, MenuItem, MenuLine } from '~/components/Menu';
import { saveFile } from '~/features/session/saveFile';
import { t } from '~/locales';
import { useConversationActions } from './useConversationActions';

const SystemPromptDialog = lazy(() => import('./SystemPromptDialog'));
const ShareDialog = lazy(() => import('~/features/shares/ShareDialog'));

interface Props {
  conversation: Conversation;
  isSmall?: boolean;
  onRename: () => void;
}

export function ConversationMenu({ conversation, isSmall, onRename }: Props) {
  const { id, pinned, archived } = conversation;
  const { update, suggestTitle, remove } = useConversationActions();
  const [dialog, setDialog] = useState<'delete' | 'share' | 'systemPrompt' | null>(null);
  const isHere = useMatch('/c/:id')?.params.id === id;
  const navigate = useNavigate();
  const close = () => setDialog(null);
  const saveAs = (format: 'json' | 'markdown') =>
    void saveFile(`/conversations/${id}/export?format=${format}`);

  const deleteIt = () =>
    remove.mutate(id, {
      onSuccess: () => {
        close();
        if (isHere) void navigate('/c');
      },
    });

  return (
    <>
      <Menu
        trigger={
          <IconButton
            isSmall={isSmall}
            label={t('conversation.menu', { title: conversation.title ?? '' })}
          >
            <Ellipsis />
          </IconButton>
        }
      >
        {/* The field takes the focus after the menu has given it back. */}
        <MenuItem icon={<Pencil />} onSelect={() => setTimeout(onRename)}>
          {t('conversation.rename')}
        </MenuItem>
        <MenuItem icon={<Sparkles />} onSelect={() => suggestTitle.mutate(id)}>
          {t('conversation.suggestTitle')}
        </MenuItem>
        <MenuItem icon={<ScrollText />} onSelect={() => setDialog('systemPrompt')}>
          {t('conversation.systemPrompt')}
        </MenuItem>
        <MenuItem
          icon={pinned ? <PinOff /> : <Pin />}
          onSelect={() => update.mutate({ id, change: { pinned: !pinned } })}
        >
          {t(pinned ? 'conversation.unpin' : 'conversation.pin')}
        </MenuItem>
        <MenuItem
          icon={archived ? <ArchiveRestore /> : <Archive />}
          onSelect={() => update.mutate({ id, change: { archived: !archived } })}
        >
          {t(archived ? 'conversation.unarchive' : 'conversation.archive')}
        </MenuItem>
        <MenuLine />
        <MenuItem icon={<Share2 />} onSelect={() => setDialog('share')}>
          {t('conversation.share')}
        </MenuItem>
        <MenuItem icon={<Download />} onSelect={() => saveAs('markdown')}>
          {t('conversation.exportMarkdown')}
        </MenuItem>
        <MenuItem icon={<FileJson />} onSelect={() => saveAs('json')}>
          {t('conversation.exportJson')}
        </MenuItem>
        <MenuLine />
        <MenuItem isDanger icon={<Trash2 />} onSelect={() => setDialog('delete')}>
          {t('common.delete')}
        </MenuItem>
      </Menu>
      {dialog === 'share' && (
        <Suspense>
          <ShareDialog conversation={conversation} onClose={close} />
        </Suspense>
      )}
      {dialog === 'systemPrompt' && (
        <Suspense>
          <SystemPromptDialog conversation={conversation} onClose={close} />
        </Suspense>
      )}
      {dialog === 'delete' && (
        <ConfirmDialog
          title={t('conversation.deleteTitle')}
          text={t('conversation.deleteText', { count: conversation.messageCount })}
          action={t('common.delete')}
          isBusy={remove.isPending}
          onConfirm={deleteIt}
          onClose={close}
        />
      )}
    </>
  );
}
