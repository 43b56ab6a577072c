import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { composer, expect, newAccount, said, say, signUp, taken, test } from './support/fixtures';

async function expectNoFindings(page: Page) {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  const found = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`,
  );
  expect(found).toEqual([]);
}

const RICH = [
  'Some **bold** text with `code`, $x^2$ and a [link](https://example.org).',
  '## A heading',
  '| a | b |\n|---|---|\n| 1 | 2 |',
  '```ts\n// a comment\nconst answer: number = 42; // "text"\n```',
  '- [x] done\n- [ ] open',
].join('\n\n');

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing, ${colorScheme}`, async ({ page, account, model }) => {
    test.setTimeout(150_000);
    expect(account.email).toContain('@');
    // Without motion nothing is caught half transparent.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.goto('/c');
    await expect(composer(page)).toBeVisible();
    await expectNoFindings(page);

    await model.next({ reply: { text: RICH }, reasoning: ['Hm.'] });
    await say(page, 'Show me everything.');
    await expect(page.getByText(/tokens · \$/)).toBeVisible();
    await expect(page.locator('.hljs-keyword').first()).toBeVisible();
    await expectNoFindings(page);

    await page.getByRole('button', { name: /^Model:/ }).click();
    await expect(page.getByRole('heading', { name: 'OpenAI' })).toBeVisible();
    await expectNoFindings(page);
    await page.keyboard.press('Escape');

    await page
      .getByRole('button', { name: /^Actions for/ })
      .last()
      .click();
    await expect(page.getByRole('menuitem', { name: 'Rename' })).toBeVisible();
    await expectNoFindings(page);
    await page.keyboard.press('Escape');

    for (const path of [
      '/p',
      '/settings/profile',
      '/settings/keys',
      '/settings/models',
      '/settings/usage',
      '/settings/tokens',
      '/settings/data',
      '/settings/security',
    ]) {
      await page.goto(path);
      await page.waitForLoadState('networkidle');
      await expectNoFindings(page);
    }
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto('/c');
    await expect(composer(page)).toBeVisible();
    await expectNoFindings(page);
    await page.context().clearCookies();
    await page.goto('/signin');
    await expect(page.getByRole('heading', { name: 'Welcome back' })).toBeVisible();
    await expectNoFindings(page);
  });
}

test('everything goes without a mouse', async ({ page, account, model }) => {
  expect(account.email).toContain('@');
  await page.goto('/c');
  await expect(composer(page)).toBeFocused();
  await model.next({ reply: { text: 'By keyboard.' } });
  await page.keyboard.type('Hello');
  await page.keyboard.press('Enter');
  await expect(said(page).getByText('By keyboard.')).toBeVisible();

  await page.locator('body').press('?');
  await composer(page).blur();
  await page.keyboard.press('?');
  await expect(page.getByRole('heading', { name: 'Keyboard shortcuts' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('searchbox', { name: 'Search' })).toBeFocused();
  await page.keyboard.type('keyboard');
  await expect(page.getByRole('heading', { name: 'Found' })).toBeVisible();
  await expect(
    page.getByRole('navigation', { name: 'Conversations' }).getByRole('link', { name: 'Hello' }),
  ).toBeVisible();
  await page.keyboard.press('Control+Shift+o');
  await expect(page).toHaveURL(/\/c$/);
});

test('a reply is announced in whole sentences, each once', async ({ page, account, model }) => {
  expect(account.email).toContain('@');
  await page.goto('/c');
  const sentences = Array.from({ length: 12 }, (_, index) => `Sentence number ${index} is here.`);
  await model.next({ reply: { text: sentences.join(' ') }, paceMs: 60 });
  await say(page, 'Read aloud.');
  const heard = new Set<string>();
  const log = page.getByRole('log').locator('p');
  await expect(async () => {
    for (const line of await log.allTextContents()) heard.add(line);
    expect([...heard].join(' ')).toContain('number 11');
    expect(heard.has('The reply is complete.')).toBe(true);
  }).toPass({ timeout: 20_000, intervals: [200] });
  const spoken = [...heard].filter((line) => line.includes('Sentence')).join(' ');
  expect(spoken).toBe(sentences.join(' '));
});

test('the app speaks German', async ({ page, account }) => {
  expect(account.email).toContain('@');
  await page.goto('/settings/profile');
  await page.getByLabel('Language').selectOption('de');
  await expect(page.getByRole('heading', { name: 'Profil' })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Profil' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
});

test.describe('in a German browser', () => {
  test.use({ locale: 'de-DE' });

  test('what the server refuses is said in German', async ({ page, model }) => {
    const { email, password } = newAccount();
    await page.goto('/signup');
    await page.getByLabel('E-Mail').fill(email);
    await page.getByLabel('Passwort').fill('password');
    await page.getByRole('button', { name: 'Konto anlegen' }).click();
    await expect(page.getByText('Passwort: Das ist eines der 10 häufigsten')).toBeVisible();
    await signUp(page, { email, password });
    await page.getByLabel('E-Mail').fill(email);
    await page.getByLabel('Passwort').fill('not this one');
    await page.getByRole('button', { name: 'Anmelden' }).click();
    await expect(page.getByRole('alert')).toHaveText(/^Adresse und Passwort gehören/);
    await page.goto('/c');
    await model.next({ fault: { refused: { why: 'filtered', afterTokens: 0 } } });
    await page.getByRole('textbox', { name: 'Nachricht' }).fill('Sag nichts.');
    await page.getByRole('textbox', { name: 'Nachricht' }).press('Enter');
    await expect(page.getByRole('alert')).toHaveText(/Sage es mit anderen Worten/);
  });

  test('what is done before the first word is said in German', async ({ page, model }) => {
    await signUp(page, newAccount());
    await page.goto('/c');
    const asked = (await model.requests()).length;
    await model.next({ fault: { status: { code: 503 } } });
    await model.next({ fault: { silence: { afterTokens: 0 } } });
    await page.getByRole('textbox', { name: 'Nachricht' }).fill('Sag etwas.');
    await page.getByRole('textbox', { name: 'Nachricht' }).press('Enter');
    await expect(page.getByText('Noch ein Versuch …')).toBeVisible();
    await expect.poll(async () => (await model.requests()).length).toBe(asked + 2);
    await page.getByRole('button', { name: 'Anhalten' }).click();
    await expect(page.getByText('Noch ein Versuch …')).toHaveCount(0);
  });
});

test('every page fits a phone, a magnified page and a wide screen', async ({
  page,
  account,
  model,
}) => {
  expect(account.email).toContain('@');
  await page.goto('/c');
  await model.next({ reply: { text: `${RICH}\n\n${'long'.repeat(100)}` } });
  await say(page, 'Show me everything.');
  await expect(taken(page)).toHaveCount(1);
  const thread = new URL(page.url()).pathname;
  for (const path of [
    '/c',
    thread,
    '/p',
    '/settings/usage',
    '/settings/models',
    '/settings/data',
  ]) {
    await page.goto(path);
    await page.waitForLoadState('networkidle');
    // 320 pixels are what a window of 1280 has at 400 %.
    for (const width of [320, 390, 1440, 2560]) {
      await page.setViewportSize({ width, height: 800 });
      // What stood beside the page on a wide screen does not cover it on a narrow one.
      await expect(page.getByRole('complementary', { name: 'Sidebar' })).toBeVisible({
        visible: width > 768,
      });
      const tooWide = await page
        .locator('main, [role="region"][aria-label="Messages"]')
        .evaluateAll((parts) =>
          Math.max(...parts.map((part) => part.scrollWidth - part.clientWidth)),
        );
      expect(tooWide, `${path} at ${width}`).toBeLessThanOrEqual(0);
    }
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/settings/security');
  await expect(page.getByRole('link', { name: 'Security' })).toBeInViewport({ ratio: 1 });
  await page.getByRole('button', { name: 'Show sidebar' }).click();
  const sidebar = page.getByRole('complementary', { name: 'Sidebar' });
  await expect(sidebar).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(sidebar).toBeHidden();
});

test('nothing moves for whoever wants it to stand still', async ({ page, account, model }) => {
  expect(account.email).toContain('@');
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto('/c');
  await model.next({ reply: { generated: 500 }, paceMs: 20 });
  await say(page, 'Go on.');
  await expect(said(page).getByText('models are wrong')).toBeVisible();
  await page
    .getByRole('banner')
    .getByRole('button', { name: /^Actions for/ })
    .click();
  const moving = await page.evaluate(
    () =>
      document.getAnimations().filter((one) => Number(one.effect?.getComputedTiming().duration) > 1)
        .length,
  );
  expect(moving).toBe(0);
});
