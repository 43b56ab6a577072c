import type { Page } from '@playwright/test';

import {
  type Account,
  begin,
  composer,
  expect,
  keptApart,
  newAccount,
  paste,
  said,
  say,
  signIn,
  signOut,
  signUp,
  taken,
  test,
} from './support/fixtures';

const pictures = (page: Page) => page.getByRole('button', { name: /^Remove / });

/** An account that nobody is signed in to yet. */
async function another(page: Page): Promise<Account> {
  const account = newAccount();
  const context = await page.context().browser()?.newContext();
  const elsewhere = await context?.newPage();
  await elsewhere?.goto(new URL('/signin', page.url()).href);
  if (elsewhere) await signUp(elsewhere, account);
  await context?.close();
  return account;
}

/** All that the page's storages hold, as one text. */
const kept = async (page: Page) => {
  const keys = (await keptApart(page)).map(({ key }) => key);
  return JSON.stringify([await page.evaluate(() => ({ ...localStorage })), keys]);
};

test.beforeEach(async ({ account, page }) => {
  expect(account.email).toContain('@');
  await page.goto('/c');
});

test('what one person leaves behind is not there for the next, and is when they are back', async ({
  page,
  account,
  model,
}) => {
  const next = await another(page);
  await begin(page, model);
  await page.route('**/api/conversations/*/messages', (route) => route.abort());
  await say(page, 'Not for other eyes.');
  await expect(page.getByText('Waiting for the connection')).toBeVisible();
  const conversation = new URL(page.url()).pathname;
  await page.getByRole('link', { name: 'New chat' }).click();
  await page.getByRole('button', { name: /^Model:/ }).click();
  await page.getByRole('button', { name: /^GPT-4o(?! mini)/ }).click();
  await composer(page).fill('A secret');
  await paste(page, 'secret.png');

  await signOut(page);
  await page.unrouteAll();
  await signIn(page, next);
  await expect(composer(page)).toHaveValue('');
  await expect(pictures(page)).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Model: GPT-4o', exact: true })).toHaveCount(0);
  await expect(page.getByText('Conversations appear here.')).toBeVisible();
  await model.next({ reply: { text: 'Good day.' } });
  await say(page, 'Good day.');
  await expect(taken(page)).toHaveCount(1);
  expect(JSON.stringify(await model.requests())).not.toContain('Not for other eyes.');
  await page.goto(conversation);
  await expect(page.getByText('There is nothing here')).toBeVisible();
  await page.goto('/c');
  await composer(page).fill('Mine');

  await signOut(page);
  await model.next({ reply: { text: 'It has come after all.' } });
  await signIn(page, account);
  await expect(composer(page)).toHaveValue('A secret');
  await expect(pictures(page)).toHaveCount(1);
  await expect(page.getByRole('button', { name: 'Model: GPT-4o', exact: true })).toBeVisible();
  await page.goto(conversation);
  await expect(said(page).getByText('It has come after all.')).toBeVisible();
  await expect(said(page).getByText('Not for other eyes.')).toHaveCount(1);
});

test('a tab of one person becomes the tab of whoever signs in beside it', async ({
  page,
  context,
}) => {
  const next = await another(page);
  await composer(page).fill('A secret');
  const beside = await context.newPage();
  await beside.goto('/signin');
  await signIn(beside, next);
  await expect(composer(beside)).toHaveValue('');
  await expect(composer(page)).toHaveValue('');
  await composer(page).fill('Mine');
  await beside.reload();
  await expect(composer(beside)).toHaveValue('Mine');
});

test('what a deleted account has left in the browser goes with it', async ({ page, account }) => {
  await composer(page).fill('A secret');
  await paste(page, 'secret.png');
  await expect.poll(() => kept(page)).toMatch(/A secret.*omnichat\.pictures/);
  await page.goto('/settings/security');
  await page.getByRole('button', { name: 'Delete account' }).click();
  await page.getByRole('dialog').getByLabel('Password').fill(account.password);
  await page.getByRole('dialog').getByRole('button', { name: 'Delete account' }).click();
  await expect(page.getByRole('heading', { name: 'Welcome back' })).toBeVisible();
  await expect.poll(() => kept(page)).not.toMatch(/A secret|omnichat\.pictures/);
});
