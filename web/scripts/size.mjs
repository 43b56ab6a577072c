// How much a browser fetches to show a page, compressed: the entry, what it imports, and the page's own chunks.
import { readFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';

const LIMIT = 200_000;
const PAGES = {
  'a new conversation': ['src/features/thread/NewChatPage.tsx'],
  'a conversation with Markdown': [
    'src/features/thread/ThreadPage.tsx',
    'src/features/markdown/MarkdownBlock.tsx',
  ],
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
for (const [page, sources] of Object.entries(PAGES)) {
  const files = new Set(['index.html', ...sources].flatMap((key) => [...collect(key)]));
  const total = [...files].reduce((sum, file) => sum + sizeOf(file), sizeOf('index.html'));
  console.log(`${page}: ${(total / 1000).toFixed(1)} kB of ${LIMIT / 1000} kB`);
  isTooMuch ||= total > LIMIT;
}
process.exit(isTooMuch ? 1 : 0);
