import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const server = process.env.OMNICHAT_URL ?? 'http://localhost:8080';

export default defineConfig({
  resolve: { alias: { '~': new URL('./src', import.meta.url).pathname } },
  plugins: [react(), tailwindcss()],
  server: { proxy: { '/api': server } },
  build: {
    manifest: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        // What most pages have is one file: a file by itself costs more in headers than many of these have in them.
        advancedChunks: {
          groups: [
            {
              name: 'common',
              test: /src\/(api|components|lib)\/|node_modules\/(@tanstack|lucide-react|openapi-fetch)/,
            },
          ],
        },
      },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
});
