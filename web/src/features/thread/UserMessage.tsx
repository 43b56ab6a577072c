import { Pencil } from 'lucide-react';
import { useState } from 'react';

import type { Message } from '~/api/types';
import { Button } from '~/components/Button';
import { CopyButton } from '~/components/CopyButton';
import { IconButton } from '~/components/IconButton';
import { t } from '~/locales';
import { Siblings } from './Siblings';
import { useActions } from './threadActions';

/** What the person said, as it was typed. */
export function UserMessage({ message }: { message: Message }) {
  const actions = useActions();
  const [isEditing, setEditing] = useState(false);
  if (isEditing) return <EditForm message={message} onDone={() => setEditing(false)} />;
  return (
    <section
      aria-label={t('message.yours')}
      className="group grid grid-cols-1 justify-items-end gap-1"
    >
      {message.attachments.length > 0 && (
        <div className="flex flex-wrap justify-end gap-2">
          {message.attachments.map((image) => (
            <a key={image.id} href={attachmentUrl(image.url)} target="_blank" rel="noopener">
              <img
                src={attachmentUrl(image.url)}
                alt={t('message.image')}
                className="max-h-56 max-w-full rounded-2xl border border-line"
              />
            </a>
          ))}
        </div>
      )}
      {message.content && (
        <div className="max-w-[min(85%,42rem)] rounded-2xl rounded-br-md bg-sunken px-4 py-2.5 leading-relaxed wrap-anywhere whitespace-pre-wrap">
          {message.content}
        </div>
      )}
      <div className="flex h-7 items-center gap-0.5 text-ink-soft">
        <Siblings message={message} />
        <span className="flex opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100">
          <CopyButton text={message.content} label={t('message.copy')} />
          {actions && (
            <IconButton isSmall label={t('message.edit')} onClick={() => setEditing(true)}>
              <Pencil />
            </IconButton>
          )}
        </span>
      </div>
    </section>
  );
}

/** The API names its own addresses without the prefix under which the app reaches it. */
const attachmentUrl = (url: string) => (url.startsWith('/api/') ? url : `/api${url}`);

function EditForm({ message, onDone }: { message: Message; onDone: () => void }) {
  const actions = useActions();
  const [text, setText] = useState(message.content);
  const send = () => {
    actions?.edit(message, text.trim());
    onDone();
  };
  return (
    <form
      className="grid gap-3 rounded-2xl bg-sunken p-3"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        aria-label={t('message.editLabel')}
        value={text}
        autoFocus
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && onDone()}
        className="field-sizing-content max-h-[50dvh] min-h-20 w-full resize-none rounded-lg bg-transparent p-1 leading-relaxed"
      />
      <div className="flex items-center justify-end gap-2">
        <Button onClick={onDone}>{t('common.cancel')}</Button>
        <Button type="submit" look="primary" disabled={!text.trim()}>
          {t('message.sendEdit')}
        </Button>
      </div>
    </form>
  );
}
