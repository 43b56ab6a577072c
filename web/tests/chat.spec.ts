import { composer, expect, said, say, test } from './support/fixtures';

test.beforeEach(async ({ account, page }) => {
  expect(account.email).toContain('@');
  await page.goto('/c');
});

test('a message is answered, and both are there after a reload', async ({ page, model }) => {
  await model.next({ reply: { text: 'It is **four**, as everybody knows.' } });
  await say(page, 'What is two and two?');
  await expect(said(page).getByText('It is four, as everybody knows.')).toBeVisible();
  await expect(page.locator('strong', { hasText: 'four' })).toBeVisible();
  await expect(page.getByText(/tokens · \$/)).toBeVisible();
  await expect(page).toHaveURL(/\/c\/[\w-]+$/);
  await page.reload();
  await expect(said(page).getByText('It is four, as everybody knows.')).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Conversations' })).toContainText(
    'What is two and two?',
  );
});

test('a reply is stopped, and what had come is kept', async ({ page, model }) => {
  await model.next({ reply: { generated: 2000 }, paceMs: 20 });
  await say(page, 'Go on and on.');
  await expect(said(page).getByText('models are wrong')).toBeVisible();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByText('Stopped.')).toBeVisible();
  await expect(said(page).getByText('models are wrong')).toBeVisible();
  await expect(composer(page)).toBeEnabled();
});

test('a reply is made again, and both versions can be read', async ({ page, model }) => {
  await model.next({ reply: { text: 'The first answer.' } });
  await say(page, 'Say something.');
  await expect(said(page).getByText('The first answer.')).toBeVisible();
  await model.next({ reply: { text: 'The second answer.' } });
  await page.getByRole('button', { name: 'Regenerate' }).click();
  await page.getByRole('menuitem', { name: 'Try again' }).click();
  await expect(said(page).getByText('The second answer.')).toBeVisible();
  await expect(page.getByText('2/2')).toBeVisible();
  await page.getByRole('button', { name: 'Previous version' }).click();
  await expect(said(page).getByText('The first answer.')).toBeVisible();
  await expect(page.getByText('1/2')).toBeVisible();
});

test('a message is said in other words', async ({ page, model }) => {
  await model.next({ reply: { text: 'About cats.' } });
  await say(page, 'Tell me about cats.');
  await expect(said(page).getByText('About cats.', { exact: true })).toBeVisible();
  await model.next({ reply: { text: 'About dogs.' } });
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByRole('textbox', { name: 'Edit your message' }).fill('Tell me about dogs.');
  await page.getByRole('button', { name: 'Send', exact: true }).first().click();
  await expect(said(page).getByText('About dogs.', { exact: true })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Messages' })).not.toContainText(
    'Tell me about cats.',
  );
  await page.getByRole('button', { name: 'Previous version' }).click();
  await expect(said(page).getByText('About cats.', { exact: true })).toBeVisible();
});

test('several models answer side by side', async ({ page, model }) => {
  await model.always('gpt-4o', { reply: { text: 'Says the first.' } });
  await model.next({ reply: { text: 'Says the second.' } });
  await page.getByRole('button', { name: /^Model:/ }).click();
  await page.getByLabel('Compare up to 4').check();
  await page.getByRole('button', { name: /^GPT-4o(?! mini)/ }).click();
  await page.getByRole('button', { name: 'Close' }).click();
  await expect(page.getByRole('button', { name: 'Model: 2 models' })).toBeVisible();
  await say(page, 'Who are you?');
  await expect(said(page).getByText('Says the first.')).toBeVisible();
  await expect(said(page).getByText('Says the second.')).toBeVisible();
});

test('thoughts are folded away', async ({ page, model }) => {
  await model.next({ reasoning: ['Let me', ' think.'], reply: { text: 'Here it is.' } });
  await page.getByRole('button', { name: /^Model:/ }).click();
  await page.getByRole('textbox', { name: 'Search models' }).fill('gpt-5 mini');
  await page.getByRole('button', { name: /^GPT-5 mini/ }).click();
  await say(page, 'Think first.');
  await expect(said(page).getByText('Here it is.')).toBeVisible();
});

test('an interrupted reply keeps what had come and can be made again', async ({ page, model }) => {
  await model.next({ reply: { generated: 30 }, paceMs: 30, fault: { cut: { afterTokens: 5 } } });
  await say(page, 'Break off, please.');
  const again = page.getByRole('button', { name: 'Try again' });
  await expect(again).toBeVisible();
  await expect(said(page).getByText('all models are wrong')).toBeVisible();
  await model.next({ reply: { text: 'Better now.' } });
  await again.click();
  await expect(said(page).getByText('Better now.')).toBeVisible();
});

test('a failed reply says why', async ({ page, model }) => {
  await model.next({ fault: { refused: { why: 'filtered', afterTokens: 0 } } });
  await say(page, 'Fail, please.');
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
});
