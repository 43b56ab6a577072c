import { useState } from 'react';

import { toast } from '~/components/toasts';
import { t } from '~/locales';
import { MOST_PICTURES, readPicture, type Picture } from './images';

/** The images that go with what is being typed: pasted, dropped, or picked. */
export function usePictures() {
  const [pictures, setPictures] = useState<Picture[]>([]);

  const add = async (files: Iterable<File>) => {
    const read: Picture[] = [];
    for (const file of files) {
      const picture = await readPicture(file);
      if (picture === 'type' || picture === 'size') {
        toast(
          t(picture === 'type' ? 'composer.imageType' : 'composer.imageSize', { name: file.name }),
          'danger',
        );
      } else {
        read.push(picture);
      }
    }
    if (pictures.length + read.length > MOST_PICTURES) toast(t('composer.imageCount'), 'danger');
    setPictures((now) => [...now, ...read].slice(0, MOST_PICTURES));
  };

  const remove = (id: string) => setPictures((now) => now.filter((one) => one.id !== id));
  return { pictures, add, remove, clear: () => setPictures([]) };
}
