import { createParser } from 'eventsource-parser';
import { useState } from 'react';

import { api, dataOf } from '~/api/client';
import { errorOf } from '~/api/errors';
import { errorText } from '~/api/errorText';
import { messageOf } from '~/components/ErrorNotice';
import { sessionFetch } from '~/features/session/sessionFetch';

interface LoadEvent {
  status: 'not_loaded' | 'loading' | 'loaded' | 'error' | 'unavailable';
  loadProgress: number;
  detail: string;
}

/** Has a model loaded, and tells how far that has come. */
export function useModelLoad(id: string, onDone: () => void) {
  const [isLoading, setLoading] = useState(false);
  const [event, setEvent] = useState<LoadEvent | null>(null);
  const [error, setError] = useState<string | null>(null);

  const load = async () => {
    setLoading(true);
    setError(null);
    try {
      const { jobId } = await dataOf(api.POST('/models/{id}/load', { params: { path: { id } } }));
      await follow(id, jobId, (next) => {
        setEvent(next);
        if (next.status === 'error') setError(errorText({ message: next.detail }));
      });
      onDone();
    } catch (cause) {
      setError(messageOf(cause));
    } finally {
      setLoading(false);
    }
  };
  return { load: () => void load(), event, error, isLoading };
}

async function follow(
  id: string,
  jobId: string,
  onEvent: (event: LoadEvent) => void,
): Promise<void> {
  const address = `/api/models/${encodeURIComponent(id)}/load/stream?jobId=${jobId}`;
  const response = await sessionFetch(
    new Request(address, { headers: { accept: 'text/event-stream' } }),
  );
  if (!response.ok || !response.body) throw await errorOf(response);
  const parser = createParser({
    onEvent: ({ event, data }) => event === 'status' && onEvent(JSON.parse(data) as LoadEvent),
  });
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    parser.feed(decoder.decode(value, { stream: true }));
  }
}
