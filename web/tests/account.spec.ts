import { createHmac } from 'node:crypto';

import { composer, expect, newAccount, say, taken, test } from './support/fixtures';

/** The code of the moment, as an authenticator app works it out. */
function codeOf(secret: string, at = Date.now()): string {
  const bits = [...secret.replace(/[=\s]/g, '')]
    .map((sign) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(sign).toString(2).padStart(5, '0'))
    .join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const digest = createHmac('sha1', key).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

test('somebody registers, signs out and in again, and arrives where they were going', async ({
  page,
}) => {
  const { email, password } = newAccount();
  await page.goto('/settings/keys');
  await expect(page).toHaveURL(/\/signin\?next=/);
  await page.getByRole('link', { name: 'Create account' }).click();
  await page.getByLabel('Name').fill('Grace');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill('password');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByText(/password/i).last()).toBeVisible();
  await expect(page).toHaveURL(/signup/);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('heading', { name: 'Provider keys' })).toBeVisible();
  await page.getByRole('button', { name: 'Grace' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill('not this one');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Provider keys' })).toBeVisible();
});

test('a second factor is asked for once it is on', async ({ page, account }) => {
  await page.goto('/settings/security');
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.getByRole('button', { name: 'Begin' }).click();
  const secret = (await page.getByTestId('secret').textContent()) ?? '';
  await page.getByRole('textbox', { name: 'Code' }).fill(codeOf(secret));
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByText('Keep these recovery codes')).toBeVisible();
  const recovery =
    (await page.getByRole('dialog').getByRole('listitem').first().textContent()) ?? '';
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'Ada' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByLabel('Email').fill(account.email);
  await page.getByLabel('Password').fill(account.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Code').fill(recovery);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('heading', { name: 'Password' })).toBeVisible();
});

test('an account is deleted', async ({ page, account }) => {
  await page.goto('/settings/security');
  await page.getByRole('button', { name: 'Delete account' }).click();
  await page.getByRole('dialog').getByLabel('Password').fill(account.password);
  await page.getByRole('dialog').getByRole('button', { name: 'Delete account' }).click();
  await expect(page.getByRole('heading', { name: 'Welcome back' })).toBeVisible();
  await page.getByLabel('Email').fill(account.email);
  await page.getByLabel('Password').fill(account.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
});

test('preferences, keys and tokens are kept', async ({ page, account }) => {
  expect(account.email).toContain('@');
  await page.goto('/settings/profile');
  await page.getByLabel('Name').fill('Ada Lovelace');
  await page.getByLabel('Model for new conversations').selectOption('gpt-4o');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved.')).toBeVisible();
  await page.goto('/c');
  await expect(page.getByRole('button', { name: 'Model: GPT-4o', exact: true })).toBeVisible();
  await expect(composer(page)).toBeVisible();

  await page.goto('/settings/keys');
  await page.getByRole('button', { name: 'Set the key for OpenAI' }).click();
  await page.getByRole('textbox', { name: 'Key for OpenAI' }).fill('sk-of-my-own-1234');
  await page.getByRole('button', { name: 'Check and save' }).click();
  await expect(page.getByText('The key works and is stored.')).toBeVisible();
  await expect(page.getByText('Ends in 1234')).toBeVisible();
  await page.getByRole('button', { name: 'Remove the key for OpenAI' }).click();
  await expect(page.getByText('Ends in 1234')).toBeHidden();

  await page.goto('/settings/tokens');
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByLabel('Name').fill('Laptop');
  await page.getByRole('button', { name: 'Create' }).click();
  await expect(page.getByText('Copy this token now')).toBeVisible();
  await page.getByRole('button', { name: 'Revoke Laptop' }).click();
  await expect(page.getByText('No tokens yet.')).toBeVisible();
});

test("a model on one's own machine is loaded", async ({ page, account, model }) => {
  expect(account.email).toContain('@');
  await model.put('pulled', ['llama3.2']);
  await model.loading({ reply: { generated: 20 }, paceMs: 60 });
  await page.goto('/settings/models');
  const load = page.getByRole('button', { name: /^Load / }).first();
  await load.click();
  await expect(page.getByRole('progressbar', { name: /^Loading of/ })).toBeVisible();
  await expect(page.getByText('In memory').first()).toBeVisible({ timeout: 20_000 });
});

test('a second factor is turned off again', async ({ page, account }) => {
  await page.goto('/settings/security');
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.getByRole('button', { name: 'Begin' }).click();
  const secret = (await page.getByTestId('secret').textContent()) ?? '';
  await page.getByRole('textbox', { name: 'Code' }).fill(codeOf(secret));
  await page.getByRole('button', { name: 'Confirm' }).click();
  const recovery =
    (await page.getByRole('dialog').getByRole('listitem').first().textContent()) ?? '';
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'Turn off' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Password').fill(account.password);
  await dialog.getByLabel('Code').fill(recovery);
  await dialog.getByRole('button', { name: 'Turn off' }).click();
  await expect(page.getByText('The second factor is off.')).toBeVisible();
  await page.getByRole('button', { name: 'Ada' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByLabel('Email').fill(account.email);
  await page.getByLabel('Password').fill(account.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Password' })).toBeVisible();
});

test('another device is signed out from here', async ({ page, account, browser }) => {
  const device = await browser.newContext();
  const other = await device.newPage();
  await other.goto('/signin?next=/settings/keys');
  await other.getByLabel('Email').fill(account.email);
  await other.getByLabel('Password').fill(account.password);
  await other.getByRole('button', { name: 'Sign in' }).click();
  await expect(other.getByRole('heading', { name: 'Provider keys' })).toBeVisible();
  await page.goto('/settings/security');
  const devices = page.getByRole('listitem').filter({ hasText: 'active' });
  await expect(devices).toHaveCount(2);
  await devices.getByRole('button', { name: 'Sign out' }).click();
  await expect(devices).toHaveCount(1);
  await expect(devices).toContainText('This device');
  await other.reload();
  await expect(other.getByRole('heading', { name: 'Welcome back' })).toBeVisible();
  await device.close();
});

test('what replies took is shown by day and by model', async ({ page, account, model }) => {
  expect(account.email).toContain('@');
  await page.goto('/c');
  await model.next({ reply: { text: 'One two three.' } });
  await say(page, 'Count to three.');
  await expect(taken(page)).toHaveCount(1);
  await page.goto('/settings/usage');
  const models = page.getByRole('region', { name: 'Usage by model' });
  await expect(models.getByRole('row', { name: /^GPT-4o mini 1 / })).toBeVisible();
  const days = page.getByRole('figure');
  await expect(days.locator('.recharts-bar-rectangle path')).toHaveCount(2);
  await expect(days).toContainText('Read');
  await page.getByLabel('Period').selectOption('Last 7 days');
  await expect(days.locator('.recharts-bar-rectangle path')).toHaveCount(2);
});
