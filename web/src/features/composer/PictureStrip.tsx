import { X } from 'lucide-react';

import { t } from '~/locales';
import type { Picture } from './images';

interface Props {
  pictures: readonly Picture[];
  onRemove: (picture: Picture) => void;
}

export function PictureStrip({ pictures, onRemove }: Props) {
  if (pictures.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-2 px-3 pt-3">
      {pictures.map((picture) => (
        <Thumbnail key={picture.id} picture={picture} onRemove={() => onRemove(picture)} />
      ))}
    </ul>
  );
}

function Thumbnail({ picture, onRemove }: { picture: Picture; onRemove: () => void }) {
  return (
    <li className="relative">
      <img
        src={picture.url}
        alt={picture.name}
        className="size-16 rounded-xl border border-line object-cover"
      />
      <button
        type="button"
        aria-label={t('composer.removeImage', { name: picture.name })}
        onClick={onRemove}
        className="absolute -top-1.5 -right-1.5 grid size-6 place-items-center rounded-full bg-ink text-page"
      >
        <X className="size-3.5" />
      </button>
    </li>
  );
}
