import { readFile } from 'node:fs/promises';

import { expect, newAccount, said, say, signUp, taken, test } from './support/fixtures';

const json = (name: string, content: unknown) => ({
  name,
  mimeType: 'application/json',
  buffer: Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)),
});

/** What ChatGPT's export has of one question with its answer. */
const CHATGPT = [
  {
    title: 'Insects',
    create_time: 1_700_000_000.5,
    update_time: 1_700_000_100,
    current_node: 'b',
    mapping: {
      root: { id: 'root', message: null, parent: null, children: ['a'] },
      a: node('a', 'root', ['b'], 'user', 'How many legs has a bee?'),
      b: node('b', 'a', [], 'assistant', 'A bee has six legs.'),
    },
  },
];

function node(id: string, parent: string, children: string[], role: string, text: string) {
  const content = { content_type: 'text', parts: [text] };
  const message = { id, author: { role }, create_time: 1_700_000_001, content };
  return { id, parent, children, message };
}

test.beforeEach(({ account }) => expect(account.email).toContain('@'));

test("ChatGPT's conversations are brought along, and found after a reload", async ({ page }) => {
  await page.goto('/settings/data');
  const file = page.getByLabel('File to import');
  await file.setInputFiles(json('conversations.json', CHATGPT));
  const result = page.getByText('The import is complete. Conversations: 1, messages: 2.');
  await expect(result).toBeVisible();
  const list = page.getByRole('navigation', { name: 'Conversations' });
  await expect(list.getByRole('link', { name: 'Insects' })).toBeVisible();
  await page.reload();
  await expect(result).toBeVisible();
  await list.getByRole('link', { name: 'Insects' }).click();
  await expect(said(page).getByText('How many legs has a bee?')).toBeVisible();
  await expect(said(page).getByText('A bee has six legs.')).toBeVisible();
});

test('a file that cannot be imported says why', async ({ page }) => {
  await page.goto('/settings/data');
  const file = page.getByLabel('File to import');
  await file.setInputFiles({ ...json('export.zip', 'PK'), mimeType: 'application/zip' });
  await expect(page.getByRole('alert')).toContainText('Unpack this archive first');
  await file.setInputFiles(json('notes.json', '{"shopping": ["milk"]}'));
  await expect(page.getByRole('alert')).toContainText('Nothing in this file could be read');
  await file.setInputFiles(json('letter.json', 'Dear Ada,'));
  await expect(page.getByRole('alert')).toContainText('JSON');
  await file.setInputFiles(json('conversations.json', CHATGPT));
  await expect(page.getByText('The import is complete.')).toBeVisible();
  await expect(page.getByRole('alert')).toBeHidden();
});

test('all of an account is taken to another one', async ({ page, context, model }) => {
  await page.goto('/c');
  await model.next({ reply: { text: 'Pack lightly.' } });
  await say(page, 'What shall I take along?');
  await expect(said(page).getByText('Pack lightly.')).toBeVisible();
  // Only what is over is exported whole.
  await expect(taken(page)).toHaveCount(1);
  await page.goto('/settings/data');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export everything' }).click();
  const buffer = await readFile(await (await download).path());
  expect(buffer.toString().trimEnd().split('\n').at(-1)).toContain('"complete"');

  await context.clearCookies();
  await signUp(page, newAccount());
  await page.goto('/settings/data');
  await page
    .getByLabel('File to import')
    .setInputFiles({ name: 'account.ndjson', mimeType: 'application/x-ndjson', buffer });
  await expect(page.getByText('The import is complete.')).toBeVisible();
  await page.getByRole('link', { name: 'What shall I take along?' }).click();
  await expect(said(page).getByText('Pack lightly.')).toBeVisible();
});

test('a conversation has instructions of its own', async ({ page, model }) => {
  await page.goto('/c');
  await model.next({ reply: { text: 'Hello.' } });
  await say(page, 'Hi.');
  await expect(said(page).getByText('Hello.')).toBeVisible();
  const open = async () => {
    await page
      .getByRole('banner')
      .getByRole('button', { name: /^Actions for/ })
      .click();
    await page.getByRole('menuitem', { name: 'Instructions' }).click();
  };
  await open();
  const field = page.getByLabel('What every model is told in this conversation');
  await field.fill('Answer like a pirate.');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(field).toBeHidden();
  await model.next({ reply: { text: 'Arr.' } });
  await say(page, 'Hi again.');
  await expect(said(page).getByText('Arr.')).toBeVisible();
  expect(JSON.stringify((await model.requests()).at(-1))).toContain('Answer like a pirate.');
  await open();
  await expect(field).toHaveValue('Answer like a pirate.');
});
