// Puts beside each file of the built app that compresses what `services/omnichat/src/web.rs` sends in its place.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);

for (const name of readdirSync(dist, { recursive: true })) {
  if (!/\.(html|js|css|svg|txt)$/.test(name)) continue;
  const whole = readFileSync(new URL(name, dist));
  writeFileSync(new URL(`${name}.br`, dist), brotliCompressSync(whole));
  writeFileSync(new URL(`${name}.gz`, dist), gzipSync(whole, { level: 9 }));
}
