import type { Page } from '@playwright/test';

import {
  begin,
  composer,
  DOT,
  expect,
  keptApart,
  newAccount,
  paste,
  said,
  say,
  signUp,
  taken,
  test,
} from './support/fixtures';

/** A text in which each word can be counted, so that nothing lost or doubled goes unseen. */
const counted = (words: number) => Array.from({ length: words }, (_, index) => ` w${index}`);
const WHOLE = counted(120).join('').trim();

/** Counts how often a text that has been seen in the conversation is not there for a moment; asked for, it tells. */
async function noteGaps(page: Page, text: string): Promise<() => Promise<number>> {
  const gaps = await said(page).evaluateHandle((region, text) => {
    const noted = { count: 0, isThere: false };
    const look = () => {
      const isThere = region.textContent.includes(text);
      if (noted.isThere && !isThere) noted.count++;
      noted.isThere = isThere;
    };
    look();
    const changes = { subtree: true, childList: true, characterData: true };
    new MutationObserver(look).observe(region, changes);
    return noted;
  }, text);
  return () => gaps.evaluate(({ count, isThere }) => (isThere ? count : NaN));
}

test.beforeEach(async ({ account, page }) => {
  expect(account.email).toContain('@');
  await page.goto('/c');
});

test('a reply goes on after a reload in its middle', async ({ page, model }) => {
  await model.next({ reply: { tokens: counted(120) }, paceMs: 40 });
  await say(page, 'Count.');
  await expect(said(page).getByText('w10 w11')).toBeVisible();
  await page.reload();
  await expect(said(page).getByText(WHOLE, { exact: true })).toBeVisible({ timeout: 20_000 });
  await expect(page.getByText(/120 tokens/)).toBeVisible();
});

test('a reply goes on after the line was gone for a while', async ({ page, context, model }) => {
  await model.next({ reply: { tokens: counted(120) }, paceMs: 40 });
  await say(page, 'Count.');
  await expect(said(page).getByText('w5 w6')).toBeVisible();
  await context.setOffline(true);
  await expect(page.getByText('You are offline')).toBeVisible();
  await page.waitForTimeout(1500);
  await context.setOffline(false);
  await expect(said(page).getByText(WHOLE, { exact: true })).toBeVisible({ timeout: 20_000 });
});

test('a reply that ended while nobody looked is there whole', async ({ page, model }) => {
  await model.next({ reply: { tokens: counted(120) }, paceMs: 5 });
  await say(page, 'Count.');
  await expect(said(page).getByText('w5 w6')).toBeVisible();
  const address = page.url();
  await page.goto('about:blank');
  await page.waitForTimeout(1500);
  await page.goto(address);
  await expect(said(page).getByText(WHOLE, { exact: true })).toBeVisible();
});

test('another tab shows the same reply while it is written', async ({ page, context, model }) => {
  await model.next({ reply: { text: 'Hello.' } });
  await say(page, 'Hi.');
  await expect(taken(page)).toHaveCount(1);
  const other = await context.newPage();
  await other.goto(page.url());
  await expect(taken(other)).toHaveCount(1);
  await model.next({ reply: { tokens: counted(120) }, paceMs: 30 });
  await say(page, 'Count.');
  await expect(said(other).getByText('w10 w11')).toBeVisible();
  await expect(said(other).getByText(WHOLE, { exact: true })).toBeVisible({ timeout: 20_000 });
  await expect(said(page).getByText(WHOLE, { exact: true })).toBeVisible();
});

test('another device goes on with a reply in its middle', async ({ page, browser, model }) => {
  const kept = await page.context().storageState();
  const device = await browser.newContext({ storageState: { ...kept, origins: [] } });
  const other = await device.newPage();
  await other.goto('/c');
  await expect(composer(other)).toBeVisible();
  await model.next({ reply: { tokens: counted(120) }, paceMs: 100 });
  await say(page, 'Count.');
  await expect(said(page).getByText('w1 w2')).toBeVisible();
  await other.goto(page.url());
  await expect(other.getByRole('button', { name: 'Stop' })).toBeVisible();
  await page.close();
  await expect(said(other).getByText(WHOLE, { exact: true })).toBeVisible();
  await device.close();
});

test('what was said is there without a gap from sending to the end', async ({ page, model }) => {
  await begin(page, model);
  const gaps = await noteGaps(page, 'Watch me.');
  await model.next({ reply: { text: 'Seen.' } });
  await say(page, 'Watch me.');
  await expect(taken(page)).toHaveCount(2);
  expect(await gaps()).toBe(0);
});

test('what is read late does not undo what has come since', async ({ page, model }) => {
  await model.next({ reply: { tokens: counted(120) }, paceMs: 20 });
  await say(page, 'Count.');
  await expect(said(page).getByText('w10 w11')).toBeVisible();

  // The conversation is read in the middle of the reply, and the answer comes after its end.
  let held = 0;
  let letGo: () => void = () => undefined;
  const end = new Promise<void>((resolve) => (letGo = resolve));
  await page.route('**/api/conversations/*/messages?*', async (route) => {
    held++;
    const response = await route.fetch();
    await end;
    // One that nobody waits for any more cannot be answered.
    await route.fulfill({ response }).catch(() => undefined);
  });
  await page.evaluate((id) => {
    new BroadcastChannel('omnichat').postMessage({ type: 'conversation-changed', id });
  }, page.url().split('/').at(-1));
  await expect.poll(() => held).toBe(1);
  await expect(taken(page)).toHaveCount(1);
  const gaps = await noteGaps(page, 'w119');
  letGo();
  await page.waitForLoadState('networkidle');
  await page.unrouteAll({ behavior: 'wait' });
  await expect(said(page).getByText(WHOLE, { exact: true })).toBeVisible();
  expect(await gaps()).toBe(0);
});

test('a reply whose server died keeps what had come, and says the next step', async ({
  page,
  model,
  stack,
}) => {
  await model.next({ reply: { tokens: counted(500) }, paceMs: 20 });
  await say(page, 'Count.');
  await expect(said(page).getByText('w100 w101')).toBeVisible();
  await stack.restart('SIGKILL');
  const again = page.getByRole('button', { name: 'Try again' });
  await expect(again).toBeVisible({ timeout: 60_000 });
  await expect(said(page).getByText('w10 w11')).toBeVisible();
  await model.next({ reply: { text: 'Back again.' } });
  await again.click();
  await expect(said(page).getByText('Back again.')).toBeVisible();
});

test('a draft outlives a reload and the way to another conversation', async ({ page, model }) => {
  await composer(page).fill('A thought that is not finished');
  await page.reload();
  await expect(composer(page)).toHaveValue('A thought that is not finished');
  await model.next({ reply: { text: 'Fine.' } });
  await say(page, 'Something else.');
  await expect(said(page).getByText('Fine.')).toBeVisible();
  await composer(page).fill('To be continued');
  await page.getByRole('link', { name: 'New chat' }).click();
  await expect(composer(page)).toHaveValue('');
  await page.goBack();
  await expect(composer(page)).toHaveValue('To be continued');
});

test('the pictures of a draft outlive a reload and the way to another conversation', async ({
  page,
  model,
}) => {
  const pictures = page.getByRole('button', { name: /^Remove / });
  await composer(page).fill('What are these?');
  await paste(page, 'one.png', 'two.png', 'three.png');
  await page.getByRole('button', { name: 'Remove two.png' }).click();
  // A browser that is left in the very moment of a change has written it down or not.
  await expect
    .poll(async () => (await keptApart(page))[0]?.value)
    .toHaveProperty('pictures.length', 2);
  await page.reload();
  await expect(pictures).toHaveCount(2);
  await expect(page.getByRole('img', { name: 'three.png' })).toBeVisible();
  await page.goto('/settings/profile');
  await page.getByRole('link', { name: 'New chat' }).click();
  await expect(pictures).toHaveCount(2);

  await model.next({ reply: { text: 'Two dots.' } });
  await composer(page).press('Enter');
  await expect(taken(page)).toHaveCount(1);
  await expect(pictures).toHaveCount(0);
  await page.reload();
  await expect(said(page).getByRole('img', { name: 'Attached image' })).toHaveCount(2);
  await expect(pictures).toHaveCount(0);
  await page.getByRole('link', { name: 'New chat' }).click();
  await expect(composer(page)).toHaveValue('');
  await expect(pictures).toHaveCount(0);
});

test('a message that is refused comes back with its pictures, and goes out with them', async ({
  page,
  model,
}) => {
  await begin(page, model);
  await page.route('**/api/conversations/*/messages', (route) =>
    route.request().method() === 'POST'
      ? route.fulfill({
          status: 422,
          json: { error: { code: 'MODEL_UNKNOWN', message: 'There is no such model.' } },
        })
      : route.fallback(),
  );
  await paste(page, 'one.png', 'two.png', 'three.png');
  await say(page, 'What are these?');
  await expect(page.getByRole('alert')).toBeVisible();
  const pictures = page.getByRole('button', { name: /^Remove / });
  await expect(pictures).toHaveCount(0);
  await paste(page, 'four.png', 'five.png');
  await composer(page).fill('And these?');
  await page.getByRole('button', { name: 'Back to the draft' }).click();
  await expect(composer(page)).toHaveValue('What are these?\n\nAnd these?');
  await expect(pictures).toHaveCount(5);

  // Five are more than go out at once, and none is lost for that.
  await composer(page).press('Enter');
  await expect(page.getByText('A message can have four images.')).toBeVisible();
  await page.reload();
  await expect(pictures).toHaveCount(5);
  await page.getByRole('button', { name: 'Remove five.png' }).click();
  await page.unrouteAll();
  await model.next({ reply: { text: 'Four dots.' } });
  await composer(page).press('Enter');
  await expect(taken(page)).toHaveCount(2);
  await expect(said(page).getByRole('img', { name: 'Attached image' })).toHaveCount(4);
});

test('a message with large pictures that has not arrived outlives a reload', async ({
  page,
  model,
}) => {
  await begin(page, model);
  await page.route('**/api/conversations/*/messages', (route) => route.abort());
  const picker = page.getByLabel('Add images', { exact: true }).and(page.locator('input'));
  const buffer = Buffer.concat([Buffer.from(DOT, 'base64'), Buffer.alloc(4_500_000)]);
  await picker.setInputFiles({ name: 'large.png', mimeType: 'image/png', buffer });
  await expect(page.getByRole('button', { name: 'Remove large.png' })).toBeVisible();
  await say(page, 'How large is this?');
  await expect(page.getByText('Waiting for the connection')).toBeVisible();
  const kept = async () => (await keptApart(page)).map(({ key }) => key).join();
  await expect.poll(kept).toMatch(/^omnichat\.outbox\.[^,]*$/);
  await page.reload();
  await expect(page.getByText('Waiting for the connection')).toBeVisible();
  await model.next({ reply: { text: 'Very.' } });
  await page.unrouteAll();
  await expect(said(page).getByText('Very.')).toBeVisible({ timeout: 30_000 });
  await page.reload();
  await expect(said(page).getByText('How large is this?')).toHaveCount(1);
  await expect(said(page).getByRole('img', { name: 'Attached image' })).toHaveCount(1);
});

test('what is sent without a line is sent once when it is back, also after a reload', async ({
  page,
  context,
  model,
}) => {
  await begin(page, model);
  await model.next({ reply: { text: 'It has arrived.' } });
  await context.setOffline(true);
  await say(page, 'Across the gap.');
  await expect(page.getByText('Waiting for the connection')).toBeVisible();
  await context.setOffline(false);
  await expect(said(page).getByText('It has arrived.')).toBeVisible({ timeout: 20_000 });
  await page.reload();
  await expect(page.getByLabel('Messages').getByText('Across the gap.')).toHaveCount(1);
});

test('a message that has not arrived is sent from whichever page comes next', async ({
  page,
  model,
}) => {
  await begin(page, model);
  const address = page.url();
  await page.route('**/api/conversations/*/messages', (route) => route.abort());
  await say(page, 'Do not forget me.');
  await expect(page.getByText('Waiting for the connection')).toBeVisible();
  await page.unroute('**/api/conversations/*/messages');
  await model.next({ reply: { text: 'Never.' } });
  await page.goto('/settings/profile');
  await expect
    .poll(async () => JSON.stringify((await model.requests()).at(-1)))
    .toContain('Do not forget me.');
  await page.goto(address);
  await expect(said(page).getByText('Never.')).toBeVisible();
  await expect(said(page).getByText('Do not forget me.')).toHaveCount(1);
});

test('a conversation that cannot begin yet keeps its first message, and begins once', async ({
  page,
  context,
  model,
}) => {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await context.setOffline(true);
  await say(page, 'The very first.');
  await expect(page.getByText('Waiting for the connection')).toBeVisible();
  await expect(composer(page)).toHaveValue('The very first.');
  let lost = 0;
  await page.route('**/api/conversations', async (route) => {
    if (lost++ > 0) return route.fallback();
    await route.fetch(); // It is made, and the browser never hears of it.
    await route.abort('connectionreset');
  });
  await model.next({ reply: { text: 'Here we go.' } });
  await context.setOffline(false);
  await expect(said(page).getByText('Here we go.')).toBeVisible();
  const list = page.getByRole('navigation', { name: 'Conversations' });
  await expect(list.getByRole('link')).toHaveCount(1);
  await page.getByRole('link', { name: 'New chat' }).click();
  await expect(composer(page)).toHaveValue('');
});

test('an answer that was lost on its way does not double the message', async ({ page, model }) => {
  await begin(page, model);
  await model.next({ reply: { text: 'Only once.' } });
  let lost = 0;
  await page.route('**/api/conversations/*/messages', async (route) => {
    if (route.request().method() !== 'POST' || lost > 0) return route.fallback();
    lost++;
    await route.fetch(); // The server has it, and the browser never hears of it.
    await route.abort('connectionreset');
  });
  await say(page, 'Say it once.');
  await expect(said(page).getByText('Only once.')).toBeVisible({ timeout: 20_000 });
  expect(lost).toBe(1);
  await page.reload();
  await expect(said(page).getByText('Only once.')).toBeVisible();
  await expect(page.getByLabel('Messages').getByText('Say it once.')).toHaveCount(1);
});

test('an expired token is renewed without losing what was sent', async ({
  page,
  context,
  model,
}) => {
  await model.next({ reply: { text: 'Renewed.' } });
  await context.clearCookies({ name: 'access_token' });
  await say(page, 'Are we still signed in?');
  await expect(said(page).getByText('Renewed.')).toBeVisible();
  expect((await context.cookies()).some((cookie) => cookie.name === 'access_token')).toBe(true);
});

test('two tabs renew one token between them', async ({ page, context }) => {
  const other = await context.newPage();
  await other.goto('/c');
  await expect(composer(other)).toBeVisible();
  let renewals = 0;
  await context.route('**/api/auth/refresh', (route) => {
    renewals++;
    return route.continue();
  });
  await page.evaluate(() =>
    localStorage.setItem('omnichat.session', JSON.stringify({ expiresAt: Date.now() + 1000 })),
  );
  const tabs = [page, other];
  await Promise.all(tabs.map((tab) => tab.reload()));
  await Promise.all(tabs.map((tab) => expect(composer(tab)).toBeVisible()));
  expect(renewals).toBe(1);
});

test('whoever is signed out in one tab is so in all', async ({ page, context }) => {
  const other = await context.newPage();
  await other.goto('/c');
  await expect(composer(other)).toBeVisible();
  await page.getByRole('button', { name: 'Ada' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Welcome back' })).toBeVisible();
  await expect(other.getByRole('heading', { name: 'Welcome back' })).toBeVisible();
  const account = newAccount();
  await signUp(page, account);
  await page.goto('/c');
  await expect(composer(page)).toBeVisible();
});
