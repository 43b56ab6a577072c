import { useMutation, type UseMutationOptions } from '@tanstack/react-query';
import { useRef } from 'react';

import { newId } from '~/lib/newId';
import { backoff } from '~/lib/time';
import { isApiError } from './errors';

/** How often a server that fails is asked again. */
const TRIES = 4;

/** What names a request to the server. */
export interface KeyHeader {
  'Idempotency-Key': string;
}

type Options<Data, Asked> = Omit<
  UseMutationOptions<Data, Error, Asked>,
  'mutationFn' | 'retry' | 'retryDelay'
>;

/**
 * A mutation that makes one thing, however often it is asked for: where the server does not answer it is asked again, by
 * itself or by a person who tries the same once more, and under the same key until it has said that the thing is made.
 */
export function useCreation<Data, Asked = void>(
  make: (asked: Asked, header: KeyHeader) => Promise<Data>,
  options: Options<Data, Asked> = {},
) {
  const intent = useRef<{ words: string; key: string } | null>(null);
  return useMutation({
    ...options,
    mutationFn(asked: Asked) {
      const words = wordsOf(asked);
      if (intent.current?.words !== words) intent.current = { words, key: newId() };
      return make(asked, { 'Idempotency-Key': intent.current.key });
    },
    onSuccess(...result) {
      intent.current = null;
      return options.onSuccess?.(...result);
    },
    retry: (failures, error) => failures < TRIES && isApiError(error) && error.isTransient,
    retryDelay: (attempt, error) =>
      isApiError(error) && error.retryAfterSeconds
        ? error.retryAfterSeconds * 1000
        : backoff(attempt),
  });
}

const wordsOf = (asked: unknown): string =>
  asked instanceof File
    ? [asked.name, asked.size, asked.lastModified].join()
    : (JSON.stringify(asked) ?? '');
