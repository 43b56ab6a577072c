import { ApiError, errorOf } from '~/api/errors';
import type { KeyHeader } from '~/api/useCreation';
import { sessionFetch } from '~/features/session/sessionFetch';
import { t } from '~/locales';

/** What the server takes, in bytes. */
const LARGEST = 256 * 1024 * 1024;

/** Sends a file to be imported, and returns the id of the job that reads it. */
export async function uploadFile(file: File, header: KeyHeader): Promise<string> {
  if (/\.zip$/i.test(file.name)) throw refusal('import.zip');
  if (file.size === 0) throw refusal('import.empty');
  if (file.size > LARGEST) throw refusal('import.tooLarge');
  const response = await sessionFetch(
    new Request('/api/conversations/import', {
      method: 'POST',
      headers: {
        'content-type': /\.(ndjson|jsonl)$/i.test(file.name)
          ? 'application/x-ndjson'
          : 'application/json',
        ...header,
      },
      body: file,
    }),
  );
  if (!response.ok) throw await errorOf(response);
  const { data } = (await response.json()) as { data: { jobId: string } };
  return data.jobId;
}

const refusal = (key: 'import.zip' | 'import.empty' | 'import.tooLarge') =>
  new ApiError(400, 'NOT_SENT', t(key));
