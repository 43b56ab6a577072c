import { ensureFresh } from './session';

/** Saves what the API answers as a file. The browser fetches it by itself, so that it may be as large as it likes. */
export async function saveFile(path: string): Promise<void> {
  await ensureFresh().catch(() => undefined);
  const link = document.createElement('a');
  link.href = `/api${path}`;
  link.download = '';
  link.click();
}
