import type { Page } from '@playwright/test';

import { composer, expect, said, say, test } from './support/fixtures';

/** What a slow machine, or one with much other work, may make of the figures. */
const slack = Number(process.env.SPEED_SLACK ?? 3);

/**
 * Does something, and tells what the page's main thread was busy with meanwhile, in milliseconds of processor time: that
 * does not depend on what else the machine has to do. What the browser does for the test itself is not the page's.
 */
async function busy(page: Page, act: () => Promise<void>) {
  const browser = page.context().browser();
  if (!browser) throw new Error('There is no browser.');
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
  await act();
  const trace = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[];
  };
  const main = new Set(
    trace.traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(threadOf),
  );
  const events = trace.traceEvents
    .filter((event) => event.ph === 'X' && main.has(threadOf(event)))
    .sort((a, b) => a.ts - b.ts);
  const driven = events.filter(
    ({ args }) => args.chrome_mojo_event_info?.mojo_interface_tag === 'blink.mojom.DevToolsSession',
  );
  const tasks = events
    .filter(({ name }) => name.endsWith('RunTask'))
    .filter((task) => !driven.some((event) => contains(task, event)))
    // A task in a task is counted with it.
    .filter(
      (task, index, all) =>
        !all.slice(Math.max(0, index - 3), index).some((outer) => contains(outer, task)),
    )
    .map(({ tdur }) => (tdur ?? 0) / 1000);
  return {
    growth: usual(tasks.slice(-tasks.length / 4)) / usual(tasks.slice(0, tasks.length / 4)),
    longest: Math.round(Math.max(0, ...tasks)),
    total: Math.round(tasks.reduce((sum, task) => sum + task, 0)),
  };
}

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  tdur?: number;
  args: { name?: string; chrome_mojo_event_info?: { mojo_interface_tag?: string } };
}

/** What a task takes that renders something: those that take hardly anything do not. */
function usual(tasks: number[]): number {
  const sorted = tasks.filter((task) => task > 2).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 1;
}

const threadOf = ({ pid, tid }: TraceEvent) => `${pid}:${tid}`;

const contains = (outer: TraceEvent, inner: TraceEvent) =>
  outer !== inner &&
  threadOf(outer) === threadOf(inner) &&
  outer.ts <= inner.ts &&
  inner.ts + (inner.dur ?? 0) <= outer.ts + (outer.dur ?? 0);

function essay(tokens: number): string[] {
  const pieces: string[] = [];
  for (let section = 0; pieces.length < tokens; section++) {
    const text = `\n\n## Section ${section}\n\nA paragraph with **bold** words, some \`code\` and a [link](https://example.org/${section}).\n\n- one point\n- another point\n\n\`\`\`ts\nconst value${section} = compute(${section});\n\`\`\`\n\n| a | b |\n|---|---|\n| ${section} | x |\n`;
    pieces.push(...(text.match(/\s*\S+|\s+$/g) ?? []));
  }
  return pieces.slice(0, tokens);
}

test('a long and fast reply never holds up typing', async ({ page, account, model }) => {
  test.setTimeout(120_000);
  expect(account.email).toContain('@');
  await page.goto('/c');
  await model.next({ reply: { text: 'Ready, with `code`.' } });
  await say(page, 'Warm up.');
  await expect(said(page).getByText('Ready, with code.')).toBeVisible();
  await model.next({ reply: { tokens: [...essay(10_000), '\n\nThe very end.'] }, paceMs: 2 });
  await say(page, 'Write a lot.');
  await expect(said(page).getByText('Section 3', { exact: true })).toBeVisible();
  await composer(page).focus();
  // From here on nothing looks at the page but the page itself: reading so much of it from outside takes longer than
  // writing it.
  const { growth, longest, total } = await busy(page, async () => {
    for (let count = 0; count < 20; count++) {
      await page.keyboard.press('a');
      await page.waitForTimeout(200);
    }
    await page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const look = () =>
            document.querySelector('[aria-busy="true"]') ? setTimeout(look, 500) : resolve();
          look();
        }),
    );
  });
  console.log(
    `10,000 tokens: longest task ${longest} ms, ${total} ms in all, at the end ${growth.toFixed(1)} times as at the beginning`,
  );
  // What is there already costs next to nothing: this holds however slow the machine is.
  expect(growth).toBeLessThan(2.5);
  expect(longest).toBeLessThanOrEqual(50 * slack);
  await expect(page.locator('.prose').last()).toContainText('The very end.');
});

test('a thread of 5,000 messages opens at once and scrolls smoothly', async ({
  page,
  account,
  model,
}) => {
  test.setTimeout(120_000);
  expect(account.email).toContain('@');
  await page.goto('/c');
  await model.next({ reply: { text: 'Ready.' } });
  await say(page, 'Begin.');
  await expect(said(page).getByText('Ready.', { exact: true })).toBeVisible();
  const address = new URL(page.url()).pathname;
  await longThread(page, 5000);

  await page.goto('/p');
  await expect(page.getByRole('heading', { name: 'Projects' })).toBeVisible();
  const link = page
    .getByRole('navigation', { name: 'Conversations' })
    .getByRole('link', { name: 'Begin.' });
  // Clicked and watched from within, so that only the page's own time counts.
  const opening = await busy(page, () =>
    link.evaluate(
      (element: HTMLElement) =>
        new Promise<void>((resolve) => {
          const look = () =>
            document.getElementById('main')?.textContent.includes('Answer 4999.')
              ? resolve()
              : requestAnimationFrame(look);
          element.click();
          look();
        }),
    ),
  );
  await expect(page).toHaveURL(address);
  console.log(`5,000 messages: opened with ${opening.total} ms`);
  expect(opening.total).toBeLessThanOrEqual(300 * slack);

  const messages = page.getByRole('region', { name: 'Messages' });
  await messages.hover();
  const scrolling = await busy(page, async () => {
    for (let count = 0; count < 60; count++) {
      await page.mouse.wheel(0, -900);
      await page.waitForTimeout(50);
    }
  });
  console.log(`5,000 messages: longest task while scrolling ${scrolling.longest} ms`);
  expect(scrolling.longest).toBeLessThanOrEqual(50 * slack);
  await expect(messages.getByText('Answer 4999.')).toHaveCount(0);
  expect(await messages.locator('article').count()).toBeLessThan(30);
});

test('a list of 5,000 conversations scrolls smoothly, and has what is in sight', async ({
  page,
  account,
}) => {
  test.setTimeout(120_000);
  expect(account.email).toContain('@');
  await manyConversations(page, 5000);
  await page.goto('/c');
  const list = page.getByRole('navigation', { name: 'Conversations' });
  await expect(list.getByRole('link', { name: 'Conversation 0', exact: true })).toBeVisible();
  await list.hover();
  const scrolling = await busy(page, async () => {
    for (let count = 0; count < 60; count++) {
      await page.mouse.wheel(0, 900);
      await page.waitForTimeout(50);
    }
  });
  console.log(`5,000 conversations: longest task while scrolling ${scrolling.longest} ms`);
  expect(scrolling.longest).toBeLessThanOrEqual(50 * slack);
  // By now some pages have come, each as soon as the end of the last was near.
  await expect(list.getByRole('link', { name: /^Conversation \d{3,4}$/ }).first()).toBeVisible();
  await expect(list.getByRole('link', { name: 'Conversation 0', exact: true })).toHaveCount(0);
  expect(await list.getByRole('link').count()).toBeLessThan(60);
});

test('a first load is small', async ({ page }) => {
  let bytes = 0;
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Network.enable');
  devtools.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.goto('/signin', { waitUntil: 'networkidle' });
  await expect(page.getByRole('heading', { name: 'Welcome back' })).toBeVisible();
  console.log(`first load: ${Math.round(bytes / 1000)} kB on the wire, with its font`);
  expect(bytes).toBeLessThan(200_000);
});

test('a page can be typed in soon, with nothing in the cache', async ({ page, account }) => {
  expect(account.email).toContain('@');
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Network.clearBrowserCache');
  await page.addInitScript(() => {
    new MutationObserver((_, observer) => {
      if (!document.querySelector('[data-shortcut="composer"]')) return;
      observer.disconnect();
      // Once it has been painted.
      requestAnimationFrame(() => setTimeout(() => performance.mark('ready')));
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto('/c');
  await composer(page).fill('Here I am.');
  const ready = await page.evaluate(() => performance.getEntriesByName('ready')[0]?.startTime);
  console.log(`a page can be typed in after ${Math.round(ready ?? Infinity)} ms`);
  expect(ready).toBeLessThanOrEqual(1000 * slack);
});

/** Answers the pages of the list as the server would. */
async function manyConversations(page: Page, count: number) {
  await page.route('**/api/conversations?*', async (route) => {
    const query = new URL(route.request().url()).searchParams;
    const [from, limit] = [Number(query.get('cursor') ?? 0), Number(query.get('limit'))];
    const conversations = Array.from({ length: Math.min(limit, count - from) }, (_, index) => {
      const at = new Date(Date.now() - (from + index) * 3_600_000).toISOString();
      return {
        id: `c${from + index}`,
        projectId: null,
        title: `Conversation ${from + index}`,
        model: null,
        systemPrompt: null,
        pinned: false,
        archived: false,
        messageCount: 2,
        createdAt: at,
        updatedAt: at,
      };
    });
    const next = from + conversations.length;
    const hasMore = next < count;
    await route.fulfill({
      json: {
        success: true,
        data: { conversations },
        timestamp: '',
        requestId: '',
        pagination: { cursor: hasMore ? String(next) : null, limit, hasMore, totalCount: count },
      },
    });
  });
}

/** Answers the pages of a thread as the server would, had somebody spoken for a year. */
async function longThread(page: Page, count: number) {
  await page.route('**/api/conversations/*/messages?*', async (route) => {
    const url = new URL(route.request().url());
    const conversationId = url.pathname.split('/')[3];
    const before = Number(url.searchParams.get('cursor') ?? count);
    const limit = Number(url.searchParams.get('limit'));
    const messages = Array.from({ length: Math.min(limit, before) }, (_, index) => {
      const place = before - 1 - index;
      const own = place % 2 === 0;
      return {
        id: `m${place}`,
        conversationId,
        threadId: conversationId,
        turnId: `t${place - (place % 2)}`,
        parentId: place > 0 ? `m${place - 1}` : null,
        role: own ? 'user' : 'assistant',
        modelId: 'gpt-4o-mini',
        content: own
          ? `Question ${place}?`
          : `Answer ${place}.\n\n${'Some **words** that go on. '.repeat(5 + (place % 40))}`,
        reasoning: '',
        attachments: [],
        tokens: 20,
        temperature: null,
        status: 'complete',
        finishReason: null,
        usage: null,
        error: null,
        answeredBy: null,
        context: null,
        promptVersions: [],
        siblingCount: 1,
        createdAt: new Date(1.7e12 + place * 1000).toISOString(),
      };
    });
    const rest = before - messages.length;
    await route.fulfill({
      json: {
        success: true,
        data: { messages },
        timestamp: '',
        requestId: '',
        pagination: {
          cursor: rest > 0 ? String(rest) : null,
          limit,
          hasMore: rest > 0,
          totalCount: count,
        },
      },
    });
  });
}
