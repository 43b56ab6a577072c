import { ensureFresh } from '~/features/session/session';

/** Saves a conversation as a file. The browser fetches it by itself, so that it may be as large as it likes. */
export async function exportConversation(id: string, format: 'json' | 'markdown'): Promise<void> {
  await ensureFresh().catch(() => undefined);
  const link = document.createElement('a');
  link.href = `/api/conversations/${id}/export?format=${format}`;
  link.download = '';
  link.click();
}
