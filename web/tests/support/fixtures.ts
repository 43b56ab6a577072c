import { expect, test as base, type Page } from '@playwright/test';

import { type Model, modelAt } from './model';
import { startStack, type Stack } from './stack';

export { expect };

export interface Account {
  email: string;
  password: string;
}

interface Fixtures {
  /** What the models behind the server say next. */
  model: Model;
  /** A new account that is signed in on the page. */
  account: Account;
  /** What the page shows in the end goes with the report of a test that fails. */
  lastSeen: undefined;
}

let count = 0;

export const test = base.extend<Fixtures, { stack: Stack; stackName: string }>({
  stackName: ['shared', { scope: 'worker', option: true }],
  stack: [
    async ({}, use) => {
      const stack = await startStack();
      await modelAt(stack.mock).put('scripts/default', { reply: 'echo' });
      await use(stack);
      await stack.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  baseURL: ({ stack }, use) => use(stack.url),
  model: async ({ stack }, use, test) => {
    const model = modelAt(stack.mock);
    await use(model);
    if (test.status !== test.expectedStatus) return;
    // The next test would get it in the place of its own.
    expect(await model.isSpent(), 'no script is left').toBe(true);
  },
  account: async ({ page }, use) => {
    const account = newAccount();
    await signUp(page, account);
    await use(account);
  },
  lastSeen: [
    async ({ page }, use, test) => {
      await use(undefined);
      if (test.status === test.expectedStatus) return;
      const body = await page
        .getByRole('main')
        .innerText({ timeout: 1_000 })
        .catch(() => 'nothing');
      await test.attach('last seen', { body: `${page.url()}\n${body}` });
    },
    { auto: true },
  ],
});

export const newAccount = (): Account => ({
  email: `ada.${Date.now()}.${count++}@example.org`,
  password: 'a quiet place to think',
});

/** Makes an account and signs it in, past the forms. */
export async function signUp(page: Page, { email, password }: Account): Promise<void> {
  await page.goto('/signin');
  await page.evaluate(
    async ([email, password]) => {
      const post = (path: string, body: object) =>
        fetch(path, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
      await post('/api/users', { email, password, displayName: 'Ada' });
      await post('/api/login', { email, password });
    },
    [email, password],
  );
}

/** Signs in by the form that is there. */
export async function signIn(page: Page, { email, password }: Account): Promise<void> {
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Ada' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Welcome back' })).toBeVisible();
}

export const composer = (page: Page) => page.getByRole('textbox', { name: 'Message' });

/** What has been said: a screen reader's log of it stands elsewhere on the page. */
export const said = (page: Page) => page.getByRole('region', { name: 'Messages' });

/** What each reply took, which stands below it once it is over. */
export const taken = (page: Page) => page.getByText(/tokens? · \$/);

/** Sends a message from the composer. */
export async function say(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press('Enter');
}

/** Begins a conversation, in which there is a reply then. */
export async function begin(page: Page, model: Model): Promise<void> {
  await model.next({ reply: { text: 'Ready.' } });
  await say(page, 'Begin.');
  await expect(taken(page)).toHaveCount(1);
}

/** What the browser has written down beside `localStorage`. */
export const keptApart = (page: Page) =>
  page.evaluate(async () => {
    const ended = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error('The browser keeps nothing.'));
      });
    const base = await ended(indexedDB.open('omnichat'));
    const store = base.transaction('kept').objectStore('kept');
    const [keys, values] = await Promise.all([ended(store.getAllKeys()), ended(store.getAll())]);
    base.close();
    return keys.map((key, index) => ({ key: String(key), value: values[index] as unknown }));
  });

/** A picture of one point. */
export const DOT =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

/** Pastes pictures of one point, by these names, into the composer. */
export async function paste(page: Page, ...names: string[]): Promise<void> {
  await composer(page).evaluate(
    (field, { names, png }) => {
      const bytes = Uint8Array.from(atob(png), (sign) => sign.charCodeAt(0));
      const clipboardData = new DataTransfer();
      for (const name of names)
        clipboardData.items.add(new File([bytes], name, { type: 'image/png' }));
      field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
    },
    { names, png: DOT },
  );
  for (const name of names) {
    await expect(page.getByRole('button', { name: `Remove ${name}` })).toBeVisible();
  }
}
