import { useEffect, useRef, useState } from 'react';

import { replies } from '~/features/replies/replyStore';
import { t } from '~/locales';
import { newSentences } from './newSentences';

/** Not more often than this does a screen reader get more to read. */
const PAUSE = 2500;

/**
 * Reads replies aloud while they are written: whole sentences, each once, at the pace of listening rather than of
 * tokens. Of several replies at once only beginning and end are told.
 */
export function Announcer({ ids }: { ids: string[] }) {
  const [lines, setLines] = useState<{ id: number; text: string }[]>([]);
  const said = useRef(new Map<string, number>());
  const count = useRef(0);
  const key = ids.join();

  useEffect(() => {
    const watched = key ? key.split(',') : [];
    if (watched.length === 0) return;
    const say = (text: string) => {
      const line = { id: count.current++, text };
      setLines((now) => [...now.slice(-5), line]);
    };
    say(t('announce.begun', { count: watched.length }));

    const offsets = said.current;
    // A reply leaves the store once it is read from the server again, and what was left of it is still to be said.
    const [only] = watched;
    let heard = '';
    const listen = () => {
      heard = (only && replies.get(only)?.text) || heard;
    };
    listen();
    const stopListening = replies.subscribe(listen);
    const speak = (isOver: boolean) => {
      if (watched.length !== 1 || !only) return;
      const from = offsets.get(only) ?? 0;
      const { text, end } = newSentences(heard, from, isOver);
      offsets.set(only, end);
      if (text) say(text);
    };
    const timer = setInterval(() => speak(false), PAUSE);
    return () => {
      clearInterval(timer);
      stopListening();
      listen();
      speak(true);
      say(t('announce.over'));
      offsets.clear();
    };
  }, [key]);

  return (
    <div role="log" aria-live="polite" aria-relevant="additions" className="sr-only">
      {lines.map((line) => (
        <p key={line.id}>{line.text}</p>
      ))}
    </div>
  );
}
