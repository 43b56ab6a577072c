import type { Page } from '@playwright/test';

import { expect, newAccount, said, say, test } from './support/fixtures';

/** A text of so many words that nothing lost or doubled goes unseen. */
const words = (of: string, count: number) =>
  Array.from({ length: count }, (_, index) => ` ${of}${index}`);

const MODELS = [
  { name: 'GPT-4o', upstream: 'gpt-4o', tokens: words('open', 150) },
  { name: 'Claude Opus 4.5', upstream: 'claude-opus-4-5', tokens: words('opus', 150) },
  { name: 'Claude Sonnet 4.5', upstream: 'claude-sonnet-4-5', tokens: words('sonnet', 150) },
];

// Its models keep to what they were told, and no other test should hear that.
test.use({ stackName: 'journey' });

const replyBy = (page: Page, name: string) =>
  said(page).getByRole('region', { name: `Reply by ${name}`, exact: true });

test('somebody new asks three models at once, leaves, and finds everything the next day', async ({
  browser,
  baseURL,
  stack,
  model,
}) => {
  for (const { upstream, tokens } of MODELS)
    await model.always(upstream, { reply: { tokens }, paceMs: 20 });
  const today = await browser.newContext();
  const page = await today.newPage();
  const { email, password } = newAccount();

  await page.goto(baseURL ?? '');
  await page.getByRole('link', { name: 'Create account' }).click();
  await page.getByLabel('Name').fill('Grace');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();

  await page.getByRole('button', { name: /^Model:/ }).click();
  await page.getByLabel('Compare up to 4').check();
  for (const { name } of [...MODELS, { name: 'GPT-4o mini' }])
    await page.getByRole('button', { name: new RegExp(`^${name}(?! mini)`) }).click();
  await page.getByRole('button', { name: 'Close' }).click();
  await expect(page.getByRole('button', { name: 'Model: 3 models' })).toBeVisible();
  await say(page, 'What makes a good question?');
  for (const { name, tokens } of MODELS)
    await expect(replyBy(page, name)).toContainText(tokens.slice(0, 5).join('').trim());
  const asked = (await model.requests()).length;
  const kept = await today.storageState();
  await today.close();

  // Nobody is there and the server is told to stop: the replies are made to their end all the same.
  await stack.restart('SIGTERM');
  await expect
    .poll(async () => (await model.requests()).slice(asked - 3, asked).map(({ ended }) => ended))
    .toEqual(['finished', 'finished', 'finished']);

  const nextDay = await browser.newContext({
    // By then the short-lived of the two cookies is gone.
    storageState: { ...kept, cookies: kept.cookies.filter(({ name }) => !/access/.test(name)) },
  });
  const again = await nextDay.newPage();
  await again.clock.setSystemTime(Date.now() + 24 * 3_600_000);
  await again.goto(baseURL ?? '');
  const list = again.getByRole('navigation', { name: 'Conversations' });
  await expect(list.getByRole('heading', { name: 'Yesterday' })).toBeVisible();
  await list.getByRole('link', { name: 'What makes a good question?' }).click();
  for (const { name, tokens } of MODELS) {
    await expect(replyBy(again, name)).toContainText(tokens.join('').trim());
    await expect(replyBy(again, name)).toContainText('150 tokens');
  }
  await expect(said(again).getByText('What makes a good question?')).toHaveCount(1);
  await nextDay.close();
});
