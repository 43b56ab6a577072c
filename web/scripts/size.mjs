// How much a browser fetches to show a page, compressed: the entry, what it imports, and the page's own chunks.
import { readFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';

const NEW_CHAT = 'src/features/thread/NewChatPage.tsx';
const THREAD = 'src/features/thread/ThreadPage.tsx';
const MARKDOWN = 'src/features/markdown/MarkdownBlock.tsx';

/** What a page consists of, and how many bytes that may be. */
const PAGES = {
  'the first load': { sources: [NEW_CHAT], limit: 200_000 },
  'a conversation': { sources: [THREAD], limit: 200_000 },
  'a conversation with its Markdown': { sources: [THREAD, MARKDOWN], limit: 210_000 },
};

const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));

function collect(key, files = new Set()) {
  const chunk = manifest[key];
  if (!chunk || files.has(chunk.file)) return files;
  files.add(chunk.file);
  for (const file of chunk.css ?? []) files.add(file);
  for (const next of chunk.imports ?? []) collect(next, files);
  return files;
}

const sizeOf = (file) => brotliCompressSync(readFileSync(new URL(file, dist))).length;

let isTooMuch = false;
for (const [page, { sources, limit }] of Object.entries(PAGES)) {
  const files = new Set(['index.html', ...sources].flatMap((key) => [...collect(key)]));
  const total = [...files].reduce((sum, file) => sum + sizeOf(file), sizeOf('index.html'));
  console.log(`${page}: ${(total / 1000).toFixed(1)} kB of ${limit / 1000} kB`);
  isTooMuch ||= total > limit;
}
process.exit(isTooMuch ? 1 : 0);
