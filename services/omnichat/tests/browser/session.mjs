// A browser's session: cookies that no script reads, a refresh, other devices, other sites, signing out, leaving.
// Usage: node session.mjs BASE_URL CHROMIUM

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { chromium } from "playwright-core";

const [baseUrl, executablePath] = process.argv.slice(2);
const ADA = { email: "ada@example.org", password: "correct horse battery staple" };
/** Within this time a revoked session is known everywhere. */
const REVOKED_WITHIN = 5_000;

/** A browser of one's own, with a page of our origin open in it. */
class Browser {
  static async open() {
    const folder = await mkdtemp(join(tmpdir(), "omnichat-chromium-"));
    const context = await chromium.launchPersistentContext(folder, {
      executablePath,
      chromiumSandbox: false,
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
    const page = context.pages()[0] ?? (await context.newPage());
    await page.goto(`${baseUrl}/docs/`);
    return Object.assign(new Browser(), { folder, context, page });
  }

  /** What the page's own script gets when it asks. */
  call(method, path, body) {
    return this.page.evaluate(
      async ([method, path, body]) => {
        const headers = body === undefined ? {} : { "Content-Type": "application/json" };
        const answer = await fetch(path, {
          method,
          headers,
          credentials: "same-origin",
          body: body && JSON.stringify(body),
        });
        return { status: answer.status, ...(await answer.json()) };
      },
      [method, path, body],
    );
  }

  async expect(status, method, path, body) {
    const answer = await this.call(method, path, body);
    assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer)}`);
    return answer;
  }

  async signIn() {
    const answer = await this.expect(200, "POST", "/api/login", ADA);
    assertNoToken(answer);
    assert.equal(answer.data.user.email, ADA.email);
  }

  /** The session's cookies by name. */
  async cookies() {
    const cookies = await this.context.cookies([baseUrl, `${baseUrl}/api/auth/refresh`]);
    return new Map(cookies.map((cookie) => [cookie.name, cookie]));
  }

  async close() {
    await this.context.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function assertNoToken(answer) {
  assert.ok(!/token"/i.test(JSON.stringify(answer)), "a token is in the body, where scripts can read it");
}

/** Asks until it is so, or the time is over. */
async function becomes(what, within, isSo) {
  const end = Date.now() + within;
  while (!(await isSo())) {
    assert.ok(Date.now() < end, `${what}: not within ${within} ms`);
    await pause(100);
  }
}

async function signsUpAndIn(browser) {
  await browser.expect(201, "POST", "/api/users", ADA);
  await browser.expect(401, "GET", "/api/check_session");
  await browser.signIn();
  assert.equal(await browser.page.evaluate(() => document.cookie), "", "a script reads the cookies");
  const cookies = await browser.cookies();
  for (const [name, path] of [["access_token", "/"], ["refresh_token", "/api/auth"]]) {
    const { httpOnly, secure, sameSite, path: actual } = cookies.get(name) ?? {};
    assert.deepEqual({ httpOnly, secure, sameSite, path: actual }, { httpOnly: true, secure: true, sameSite: "Lax", path }, name);
  }
  const { data } = await browser.expect(200, "GET", "/api/check_session");
  assert.equal(data.user.email, ADA.email);
}

async function worksByCookie(browser) {
  await browser.expect(201, "POST", "/api/projects", { name: "Bees" });
  const before = await browser.cookies();
  assertNoToken(await browser.expect(200, "POST", "/api/auth/refresh"));
  const after = await browser.cookies();
  for (const name of ["access_token", "refresh_token"]) {
    assert.notEqual(after.get(name).value, before.get(name).value, `${name} is the old one`);
  }
  await browser.expect(200, "GET", "/api/check_session");
}

/** Another site's page, whose requests carry our cookies: `localhost` is one site, whatever the port. */
async function isRefusedElsewhere(browser) {
  const elsewhere = createServer((_, answer) => answer.setHeader("Content-Type", "text/html").end("<p>Hello"));
  await once(elsewhere.listen(0, "localhost"), "listening");
  const page = await browser.context.newPage();
  await page.goto(`http://localhost:${elsewhere.address().port}/`);
  const seen = [];
  page.on("response", (response) => seen.push([response.request().method(), response.status()]));
  const forge = (url, mode, type) =>
    page.evaluate(
      async ([url, mode, type]) => {
        const body = JSON.stringify({ name: "Wasps" });
        const headers = { "Content-Type": type };
        const sent = fetch(url, { method: "POST", mode, credentials: "include", headers, body });
        return sent.then((answer) => answer.type, () => "blocked");
      },
      [url, mode, type],
    );
  const url = `${baseUrl}/api/projects`;
  assert.equal(await forge(url, "cors", "application/json"), "blocked");
  // Needs nobody's leave to be sent, so it must be refused when it arrives.
  assert.equal(await forge(url, "no-cors", "text/plain"), "opaque");
  assert.deepEqual(seen.filter(([method]) => method === "POST").at(-1), ["POST", 403]);
  await page.close();
  elsewhere.close();
  const { data } = await browser.expect(200, "GET", "/api/projects");
  assert.deepEqual(data.projects.map((project) => project.name), ["Bees"]);
}

async function isSignedOutByAnother(browser, other) {
  await other.signIn();
  const { data } = await other.expect(200, "GET", "/api/auth/sessions");
  const theirs = data.sessions.filter((session) => !session.current);
  assert.equal(theirs.length, 1, JSON.stringify(data));
  await other.expect(200, "DELETE", `/api/auth/sessions/${theirs[0].id}`);
  await becomes("the ended session is refused", REVOKED_WITHIN, async () => {
    return (await browser.call("GET", "/api/check_session")).status === 401;
  });
  await browser.expect(401, "POST", "/api/auth/refresh");
  await other.expect(200, "GET", "/api/check_session");
}

async function signsOutAndLeaves(browser) {
  await browser.signIn();
  await browser.expect(200, "POST", "/api/logout");
  const cookies = await browser.cookies();
  assert.ok(!cookies.has("access_token") && !cookies.has("refresh_token"), "cookies are left");
  await browser.expect(401, "GET", "/api/check_session");

  await browser.signIn();
  await browser.expect(202, "POST", "/api/users/me/deletion", { password: ADA.password });
  await becomes("the account's session is refused", REVOKED_WITHIN, async () => {
    return (await browser.call("GET", "/api/check_session")).status === 401;
  });
  await browser.expect(401, "POST", "/api/login", ADA);
}

const [browser, other] = [await Browser.open(), await Browser.open()];
try {
  await signsUpAndIn(browser);
  await worksByCookie(browser);
  await isRefusedElsewhere(browser);
  await isSignedOutByAnother(browser, other);
  await signsOutAndLeaves(browser);
} finally {
  await browser.close();
  await other.close();
}
