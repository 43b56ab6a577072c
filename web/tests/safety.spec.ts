import { expect, say, test } from './support/fixtures';
import { hostilePayloads } from './support/hostile';

test('nothing that a model says runs a script or reaches another host', async ({
  page,
  account,
  model,
}) => {
  test.setTimeout(180_000);
  expect(account.email).toContain('@');
  const payloads = hostilePayloads();
  expect(payloads.length).toBeGreaterThanOrEqual(500);

  const elsewhere: string[] = [];
  const writes: string[] = [];
  const violations: string[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.host !== new URL(page.url()).host)
      elsewhere.push(request.url());
    if (/logout|stream\?content/.test(url.href)) writes.push(request.url());
  });
  page.on('dialog', (dialog) => void dialog.dismiss());
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) violations.push(message.text());
  });
  await page.addInitScript(() => Object.assign(window, { hitByModel: 0 }));

  const size = 60;
  for (let start = 0; start < payloads.length; start += size) {
    const text = payloads.slice(start, start + size).join('\n\n---\n\n');
    await page.goto('/c');
    await model.next({
      reply: { tokens: [text.slice(0, 500), text.slice(500), `\n\n~~~\n\nEnd of part ${start}.`] },
    });
    await say(page, `Part ${start}`);
    await expect(page.locator('.prose', { hasText: `End of part ${start}.` })).toBeVisible();
    await page.getByRole('button', { name: 'Copy', exact: true }).last().waitFor();
    // A hostile address must not be reachable by a click either.
    const hrefs = await page
      .locator('.prose a')
      .evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href));
    for (const href of hrefs) expect(href).toMatch(/^(https?:\/\/evil\.test|mailto:)/);
    expect(
      await page
        .locator('.prose :is(script, iframe, object, embed, form, style, link, base, meta)')
        .count(),
    ).toBe(0);
    expect(
      await page.evaluate(() => (window as unknown as { hitByModel: number }).hitByModel),
    ).toBe(0);
  }
  expect(elsewhere).toEqual([]);
  expect(writes).toEqual([]);
  expect(violations).toEqual([]);
});

test('the page may load and ask nothing but its own', async ({ page }) => {
  const policy = (await page.goto('/signin'))?.headers()['content-security-policy'] ?? '';
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
});

test('links leave without telling where from', async ({ page, account, model }) => {
  expect(account.email).toContain('@');
  await page.goto('/c');
  await model.next({ reply: { text: 'See [there](https://example.org/x).' } });
  await say(page, 'Where?');
  const link = page.getByRole('link', { name: 'there' });
  await expect(link).toHaveAttribute('rel', 'noopener noreferrer nofollow');
  await expect(link).toHaveAttribute('target', '_blank');
});
