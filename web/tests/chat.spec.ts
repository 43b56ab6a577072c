import { composer, DOT, expect, paste, said, say, taken, test } from './support/fixtures';

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
  await model.next({ reply: { text: 'Says the first.' } });
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
  await model.next({ reasoning: ['Let me', ' ponder.'], reply: { text: 'Here it is.' } });
  await page.getByRole('button', { name: /^Model:/ }).click();
  await page.getByRole('textbox', { name: 'Search models' }).fill('gpt-5 mini');
  await page.getByRole('button', { name: /^GPT-5 mini/ }).click();
  await say(page, 'Think first.');
  await expect(said(page).getByText('Here it is.')).toBeVisible();
  await expect(said(page).getByText('Let me ponder.')).toBeHidden();
  await said(page).getByText('Thoughts').click();
  await expect(said(page).getByText('Let me ponder.')).toBeVisible();
});

test('Markdown comes with coloured code, tables, formulas, and buttons that copy', async ({
  page,
  model,
}) => {
  const code = 'const answer = 42;';
  const text = `So:\n\n\`\`\`ts\n${code}\n\`\`\`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n$$\\frac12$$\n\nand $x^2$.`;
  await model.next({ reply: { text } });
  await say(page, 'Show me.');
  await expect(taken(page)).toHaveCount(1);
  await expect(said(page).locator('.hljs-keyword')).toHaveText('const');
  await expect(said(page).getByRole('table').getByRole('cell')).toHaveText(['1', '2']);
  await expect(said(page).locator('.katex')).toHaveCount(2);
  await expect(said(page).locator('.katex-display')).toHaveCount(1);
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await said(page).getByRole('button', { name: 'Copy code' }).click();
  expect(await clipboard()).toBe(code);
  const reply = said(page).getByRole('region', { name: /^Reply by/ });
  await reply.getByRole('button', { name: 'Copy', exact: true }).click();
  expect(await clipboard()).toBe(text);
});

test('a model is chosen by what it costs and reads, and asked as warmly as one likes', async ({
  page,
  model,
}) => {
  await page.getByRole('button', { name: /^Model:/ }).click();
  const row = page.getByRole('button', { name: /^GPT-4o(?! mini)/ });
  await expect(row).toContainText('128K context');
  await expect(row).toContainText('$2.50 in · $10.00 out');
  await expect(page.getByRole('button', { name: /Needs a key/ }).first()).toBeDisabled();
  await row.click();
  await page.getByRole('button', { name: /^Temperature:/ }).click();
  await page.getByRole('slider', { name: 'Temperature' }).fill('1.3');
  await page.getByRole('button', { name: 'Done' }).click();
  await model.next({ reply: { text: 'Warmly.' } });
  await say(page, 'How are you?');
  await expect(taken(page)).toHaveCount(1);
  const asked = JSON.stringify((await model.requests()).at(-1));
  expect(asked).toContain('"gpt-4o"');
  expect(asked).toMatch(/"temperature":1\.3/);
  await expect(
    page.getByRole('meter', { name: /^Context: 0% full, .* of 128K tokens/ }),
  ).toBeVisible();
});

test('a message of several lines has pictures that are pasted', async ({ page, model }) => {
  await composer(page).fill('What is');
  await composer(page).press('Shift+Enter');
  await composer(page).pressSequentially('this?');
  await paste(page, 'dot.png');
  await model.next({ reply: { text: 'A dot.' } });
  await composer(page).press('Enter');
  await expect(taken(page)).toHaveCount(1);
  expect(JSON.stringify((await model.requests()).at(-1))).toContain(DOT);
  await page.reload();
  await expect(said(page).getByText('What is\nthis?')).toBeVisible();
  const picture = said(page).getByRole('img', { name: 'Attached image' });
  await expect(picture).toBeVisible();
  expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(1);
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
