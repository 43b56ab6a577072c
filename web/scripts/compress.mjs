// Puts beside each file of the built app that compresses what is sent in its place. `services/omnichat/src/web.rs` embeds nothing
// else of these files, so that the endings here are the ones there.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);

for (const name of readdirSync(dist, { recursive: true })) {
  if (!/\.(html|js|css|svg|txt)$/.test(name)) continue;
  const whole = readFileSync(new URL(name, dist));
  writeFileSync(new URL(`${name}.br`, dist), brotliCompressSync(whole));
  writeFileSync(new URL(`${name}.gz`, dist), gzipSync(whole, { level: 9 }));
}
// Last: a build that was broken off before is begun again.
writeFileSync(new URL('.vite/compressed', dist), '');
