import { defineConfig } from '@playwright/test';

// The system's own Chromium; Playwright's download is not needed. In a container it runs as root, without a sandbox.
const args = ['--disable-background-networking'];
if (process.getuid?.() === 0) args.push('--no-sandbox');

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  // A stack each: two of them keep two cores busy, since a journey mostly waits.
  workers: 2,
  fullyParallel: true,
  timeout: 90_000,
  expect: { timeout: 20_000 },
  forbidOnly: !!process.env.CI,
  reporter: [['list']],
  use: {
    locale: 'en-GB',
    viewport: { width: 1280, height: 800 },
    trace: 'retain-on-failure',
    permissions: ['clipboard-read', 'clipboard-write'],
    launchOptions: { executablePath: process.env.CHROMIUM_BIN ?? '/usr/bin/chromium', args },
  },
});
