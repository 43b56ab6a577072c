import { readFile } from 'node:fs/promises';

import { expect, said, say, taken, test } from './support/fixtures';

test('a project has prompts with versions, changes between them, and a preview', async ({
  page,
  account,
  model,
}) => {
  expect(account.email).toContain('@');
  await page.goto('/p');
  await page.getByRole('button', { name: 'New project' }).click();
  await page.getByLabel('Name').fill('Novel');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'Novel' })).toBeVisible();

  await page.getByRole('button', { name: 'New prompt' }).click();
  await page.getByLabel('Name').fill('Voice');
  await page.getByLabel('Text').fill('Write like {{author}}.');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'Voice' })).toBeVisible();
  await page.getByLabel('author').fill('Woolf');
  await page.getByRole('button', { name: 'Show preview' }).click();
  await expect(page.getByText('Write like Woolf.')).toBeVisible();

  await page.getByLabel('Text').fill('Write plainly.');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Version 2').first()).toBeVisible();
  await page.getByRole('button', { name: 'Changes' }).first().click();
  const changes = page.getByRole('region', { name: 'Changes' });
  await expect(changes).toContainText('Write like {{author}}.');
  await expect(changes).toContainText('Write plainly.');
  await page.getByRole('button', { name: 'Restore' }).click();
  await expect(page.getByLabel('Text')).toHaveValue('Write like {{author}}.');
  await expect(page.getByText('Version 3').first()).toBeVisible();

  await page.getByRole('link', { name: 'Project', exact: true }).click();
  await page.getByRole('link', { name: 'New conversation' }).click();
  await model.next({ reply: { text: 'Once upon a time.' } });
  await say(page, 'Begin the story.');
  await expect(said(page).getByText('Once upon a time.')).toBeVisible();
  await page.getByRole('link', { name: 'Project', exact: true }).click();
  await expect(page.getByRole('main').getByRole('link', { name: /Begin the story/ })).toBeVisible();
});

test('a conversation is renamed, pinned, archived, exported, shared and deleted', async ({
  page,
  account,
  model,
  browser,
}) => {
  expect(account.email).toContain('@');
  await page.goto('/c');
  await model.next({ reply: { text: 'An answer worth **sharing**.' } });
  await say(page, 'Something good.');
  await expect(said(page).getByText('An answer worth sharing.')).toBeVisible();
  const list = page.getByRole('navigation', { name: 'Conversations' });
  const act = async (name: string) => {
    await page
      .getByRole('banner')
      .getByRole('button', { name: /^Actions for/ })
      .click();
    await page.getByRole('menuitem', { name, exact: true }).click();
  };
  await act('Rename');
  await page.getByRole('textbox', { name: 'New title' }).fill('Good things');
  await page.keyboard.press('Enter');
  await expect(list.getByRole('link', { name: 'Good things' })).toBeVisible();
  await act('Pin');
  await expect(list.getByRole('heading', { name: 'Pinned' })).toBeVisible();

  const download = page.waitForEvent('download');
  await act('Export as Markdown');
  const path = await (await download).path();
  expect(await readFile(path, 'utf8')).toContain('An answer worth **sharing**.');

  await act('Share');
  await page.getByRole('button', { name: 'Create a public address' }).click();
  const address = await page.getByRole('textbox', { name: 'Public address' }).inputValue();
  const stranger = await (await browser.newContext()).newPage();
  await stranger.goto(address);
  await expect(stranger.getByText('An answer worth sharing.')).toBeVisible();
  await page.getByRole('button', { name: 'Take back' }).click();
  await expect(page.getByRole('button', { name: 'Take back' })).toBeHidden();
  await stranger.reload();
  await expect(stranger.getByText('Nothing is shared here')).toBeVisible();
  await stranger.context().close();
  await page.keyboard.press('Escape');

  await act('Archive');
  await expect(list.getByRole('link', { name: 'Good things' })).toBeHidden();
  await page.getByRole('button', { name: 'Show archived' }).click();
  await expect(list.getByRole('link', { name: 'Good things' })).toBeVisible();
  await act('Delete');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page).toHaveURL(/\/c$/);
  await expect(list.getByRole('link', { name: 'Good things' })).toBeHidden();
});

test('what is made while its answer is lost is made once', async ({ page, account, model }) => {
  expect(account.email).toContain('@');
  /** The server does what it is asked, and the browser never hears of it the first time. */
  const loseAnswer = async (address: string) => {
    let lost = 0;
    await page.route(address, async (route) => {
      if (route.request().method() !== 'POST' || lost++ > 0) return route.fallback();
      await route.fetch();
      await route.abort('connectionreset');
    });
    return () => expect(lost).toBe(2);
  };
  await page.goto('/p');
  let wasLost = await loseAnswer('**/api/projects');
  await page.getByRole('button', { name: 'New project' }).click();
  await page.getByLabel('Name').fill('Novel');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'Novel' })).toBeVisible();
  wasLost();
  wasLost = await loseAnswer('**/api/projects/*/prompts');
  await page.getByRole('button', { name: 'New prompt' }).click();
  await page.getByLabel('Name').fill('Voice');
  await page.getByLabel('Text').fill('Write plainly.');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'Voice' })).toBeVisible();
  wasLost();
  await page.getByRole('link', { name: 'Project', exact: true }).click();
  await expect(page.getByRole('switch', { name: 'Voice is active' })).toHaveCount(1);

  await page.goto('/c');
  await model.next({ reply: { text: 'Worth sharing.' } });
  await say(page, 'Something good.');
  await expect(taken(page)).toHaveCount(1);
  wasLost = await loseAnswer('**/api/conversations/*/shares');
  const menu = page.getByRole('banner').getByRole('button', { name: /^Actions for/ });
  await menu.click();
  await page.getByRole('menuitem', { name: 'Share', exact: true }).click();
  await page.getByRole('button', { name: 'Create a public address' }).click();
  await expect(page.getByLabel('Public address')).toBeVisible();
  wasLost();
  await expect(page.getByRole('button', { name: /^Take back/ })).toHaveCount(1);
  await page.goto('/p');
  await expect(page.getByRole('main').getByRole('link', { name: 'Novel' })).toHaveCount(1);
});
