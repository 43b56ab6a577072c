import { useCallback, useEffect, useRef, useState } from 'react';

import { toast } from '~/components/toasts';
import { t } from '~/locales';
import { drafts } from './drafts';
import { MOST_PICTURES, readPicture, type Picture } from './images';

type Pictures = readonly Picture[];

/** The images that go with what is being typed: pasted, dropped, or picked. They are kept as its text is. */
export function usePictures(place: string) {
  const [pictures, setPictures] = useState<Pictures>([]);
  // What there is, also before it has been rendered.
  const latest = useRef<Pictures>(pictures);

  const show = useCallback((next: Pictures) => {
    latest.current = next;
    setPictures(next);
  }, []);

  const put = useCallback(
    (next: Pictures) => {
      show(next);
      void drafts.setPictures(place, next);
    },
    [place, show],
  );

  useEffect(() => {
    let isGone = false;
    const load = async () => {
      const before = latest.current;
      const kept = await drafts.pictures(place);
      if (isGone) return;
      const ids = new Set(kept.map(({ id }) => id));
      if (latest.current === before) show(kept);
      else put([...kept, ...latest.current.filter(({ id }) => !ids.has(id))]);
    };
    void load();
    const end = drafts.onGivenBack(() => void load());
    return () => {
      isGone = true;
      end();
    };
  }, [place, put, show]);

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
    const room = Math.max(0, MOST_PICTURES - latest.current.length);
    if (read.length > room) toast(t('composer.imageCount'), 'danger');
    put([...latest.current, ...read.slice(0, room)]);
  };

  const remove = (...gone: Pictures) => {
    const ids = new Set(gone.map(({ id }) => id));
    put(latest.current.filter(({ id }) => !ids.has(id)));
  };
  return { pictures, add, remove };
}
