import { beforeEach, describe, expect, it, vi } from 'vitest';

import { keepFresh, owner, refresh, sessionBegan, sessionEnded, sessionState } from './session';
import { sessionFetch } from './sessionFetch';

const answer = (status: number, body: object) => new Response(JSON.stringify(body), { status });
const begin = (expiresIn: number, id = 'ada') => sessionBegan({ expiresIn, user: { id } });
const renewed = (id = 'ada') => answer(200, { data: { expiresIn: 900, user: { id } } });
const refused = (code: string) => answer(401, { error: { code, message: '' } });
const request = (path = '/api/projects') =>
  new Request(`http://localhost:3000${path}`, { method: 'POST', body: 'x' });

let answers: Record<string, (() => Response)[]>;
let asked: string[];

beforeEach(() => {
  sessionEnded();
  owner.set(null);
  answers = {};
  asked = [];
  vi.stubGlobal('fetch', (input: Request | string) => {
    const path = typeof input === 'string' ? input : new URL(input.url).pathname;
    asked.push(path);
    return Promise.resolve(answers[path]?.shift()?.() ?? answer(200, {}));
  });
});

describe('a session', () => {
  it('is renewed before its token expires', async () => {
    begin(30);
    answers['/api/auth/refresh'] = [renewed];
    await sessionFetch(request());
    expect(asked).toEqual(['/api/auth/refresh', '/api/projects']);
  });

  it('is renewed also while nothing is asked for', async () => {
    vi.useFakeTimers();
    const stop = keepFresh();
    begin(300);
    answers['/api/auth/refresh'] = [renewed];
    await vi.advanceTimersByTimeAsync(230_000);
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(60_000);
    stop();
    await vi.advanceTimersByTimeAsync(3_600_000);
    vi.useRealTimers();
    expect(asked).toEqual(['/api/auth/refresh']);
  });

  it('is renewed once for all requests', async () => {
    begin(30);
    answers['/api/auth/refresh'] = [renewed];
    await Promise.all([sessionFetch(request()), sessionFetch(request()), sessionFetch(request())]);
    expect(asked.filter((path) => path.endsWith('refresh'))).toHaveLength(1);
  });

  it('makes a request again that met an expired token', async () => {
    begin(900);
    answers['/api/projects'] = [() => refused('TOKEN_EXPIRED'), () => answer(201, {})];
    answers['/api/auth/refresh'] = [renewed];
    expect((await sessionFetch(request())).status).toBe(201);
    expect(asked).toEqual(['/api/projects', '/api/auth/refresh', '/api/projects']);
  });

  it('is over where it cannot be renewed', async () => {
    begin(900);
    answers['/api/projects'] = [() => refused('UNAUTHORIZED')];
    answers['/api/auth/refresh'] = [() => refused('UNAUTHORIZED')];
    expect((await sessionFetch(request())).status).toBe(401);
    expect(sessionState.get()).toBe('out');
  });

  it('is over where there never was one', async () => {
    answers['/api/projects'] = [() => refused('UNAUTHORIZED')];
    answers['/api/auth/refresh'] = [() => answer(400, { error: { code: 'VALIDATION_ERROR' } })];
    await sessionFetch(request());
    expect(sessionState.get()).toBe('out');
  });

  it('goes on after a wrong password', async () => {
    begin(900);
    answers['/api/users/me/password'] = [() => refused('INVALID_CREDENTIALS')];
    await sessionFetch(request('/api/users/me/password'));
    expect(asked).toHaveLength(1);
    expect(sessionState.get()).toBe('in');
  });

  it('is not renewed again after another tab has done so', async () => {
    begin(30);
    const stale = Date.now() + 1;
    begin(900);
    expect(await refresh(stale)).toBe(true);
    expect(asked).toEqual([]);
  });

  it("of somebody else is not taken up by a page that is one person's", async () => {
    const reload = vi.spyOn(location, 'reload').mockImplementation(() => undefined);
    expect([begin(30), begin(30, 'ada'), begin(30, 'bob')]).toEqual([true, true, false]);
    expect(owner.get()).toBe('ada');
    answers['/api/auth/refresh'] = [() => renewed('bob')];
    void sessionFetch(request());
    await vi.waitFor(() => expect(reload).toHaveBeenCalled());
    expect(asked).toEqual(['/api/auth/refresh']);
  });
});
