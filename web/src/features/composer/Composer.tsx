import { ArrowUp, ImagePlus, Square } from 'lucide-react';
import {
  useEffect,
  useRef,
  useState,
  type ClipboardEvent,
  type KeyboardEvent,
  type ReactNode,
} from 'react';

import type { MessageContent } from '~/api/types';
import { IconButton } from '~/components/IconButton';
import { toast } from '~/components/toasts';
import { t } from '~/locales';
import { drafts } from './drafts';
import { contentOf, MOST_PICTURES } from './images';
import { PictureStrip } from './PictureStrip';
import { usePictures } from './usePictures';

interface Props {
  /** Which draft this is: a conversation's id, or `new`. */
  place: string;
  /** What stands in the line below the text: the model, the temperature. */
  tools: ReactNode;
  isBusy: boolean;
  canSeeImages: boolean;
  /** Takes a message over. One that is handed over when a promise is kept stays in the composer until then. */
  onSend: (content: MessageContent) => void | Promise<void>;
  onStop?: () => void;
}

/** Where messages are written. What stands in it survives everything until it is sent. */
export function Composer({ place, tools, isBusy, canSeeImages, onSend, onStop }: Props) {
  const [text, setText] = useState(() => drafts.get(place));
  const [isHandingOver, setHandingOver] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const { pictures, add, remove } = usePictures(place);
  const isEmpty = text.trim() === '' && pictures.length === 0;

  // A message that could not be sent comes back here.
  useEffect(() => drafts.onGivenBack(() => setText(drafts.get(place))), [place]);

  const write = (next: string) => {
    setText(next);
    drafts.set(place, next);
  };

  const send = async () => {
    if (isEmpty || isBusy || isHandingOver) return;
    // Those of a message that came back may be more than one can have.
    if (pictures.length > MOST_PICTURES) return toast(t('composer.imageCount'), 'danger');
    const taken = onSend(contentOf(text.trim(), pictures));
    if (taken) {
      setHandingOver(true);
      const isTaken = await taken.then(
        () => true,
        () => false,
      );
      setHandingOver(false);
      if (!isTaken) return;
    }
    write('');
    remove(...pictures);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && isBusy) onStop?.();
    // While an input method composes, Enter belongs to it.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    if (matchMedia('(pointer: coarse)').matches && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    void send();
  };

  const onPaste = (event: ClipboardEvent) => {
    const files = [...event.clipboardData.files];
    if (files.length === 0 || !canSeeImages) return;
    event.preventDefault();
    void add(files);
  };

  return (
    <form
      aria-label={t('composer.title')}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        if (canSeeImages) void add([...event.dataTransfer.files]);
      }}
      className="rounded-2xl border border-line bg-raised shadow-lift transition-colors focus-within:border-line-strong"
    >
      <PictureStrip pictures={pictures} onRemove={remove} />
      <textarea
        data-shortcut="composer"
        aria-label={t('composer.label')}
        placeholder={t('composer.placeholder')}
        rows={1}
        value={text}
        readOnly={isHandingOver}
        autoFocus={matchMedia('(pointer: fine)').matches}
        onChange={(event) => write(event.target.value)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
        className="block field-sizing-content max-h-[40dvh] min-h-13 w-full resize-none bg-transparent px-4 pt-3.5 pb-1.5 leading-relaxed outline-none placeholder:text-ink-soft"
      />
      <div className="flex items-center gap-1 px-2 pb-2">
        <input
          ref={picker}
          type="file"
          accept="image/png,image/jpeg,image/webp,image/gif"
          multiple
          hidden
          aria-label={t('composer.addImage')}
          onChange={(event) => {
            void add([...(event.target.files ?? [])]);
            event.target.value = '';
          }}
        />
        <IconButton
          label={t(canSeeImages ? 'composer.addImage' : 'composer.noVision')}
          disabled={!canSeeImages}
          onClick={() => picker.current?.click()}
        >
          <ImagePlus />
        </IconButton>
        {tools}
        <span className="flex-1" />
        {isBusy && onStop ? (
          <IconButton label={t('composer.stop')} onClick={onStop} look="ink">
            <Square className="fill-current" />
          </IconButton>
        ) : (
          <IconButton
            type="submit"
            label={t('composer.send')}
            disabled={isEmpty || isBusy}
            look="primary"
          >
            <ArrowUp />
          </IconButton>
        )}
      </div>
    </form>
  );
}
