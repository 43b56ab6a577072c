import { readdirSync, readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { messageOf } from '~/components/ErrorNotice';
import { loadLocale } from '~/locales';
import { errorsDe } from '~/locales/errors.de';
import { ApiError } from './errors';
import { errorText, progressText } from './errorText';

const root = '..';
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');

/** All that the server may say, with `#` for what it puts in. */
function server(): string {
  const sources = ['crates', 'services'].flatMap((folder) =>
    readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\/src\/.*\.rs$/.test(path))
      .map((path) => read(`${folder}/${path}`)),
  );
  const said = sources.join('\n').replace(/\{:\.1\}/g, '#.#');
  return said.replace(/\{\w*(?:\(\))?\}/g, '#');
}

describe('in German', () => {
  it('every code of the API has a text', () => {
    const codes = [...read('crates/common/src/error_code.rs').matchAll(/= "([A-Z_]+)"/g)];
    expect(codes.length).toBeGreaterThan(40);
    expect(Object.keys(errorsDe.codes).sort()).toEqual(codes.map(([, code]) => code).sort());
    const documented = read('docs/openapi/omnichat.json').matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g);
    for (const [, code = ''] of documented) expect(errorsDe.codes).toHaveProperty(code);
  });

  const said = server();
  it.each(Object.keys(errorsDe.sentences))('what is translated is what is said: %s', (sentence) => {
    expect(said).toContain(sentence);
  });

  beforeAll(() => loadLocale('de'));
  afterAll(() => loadLocale('en'));

  it('a code with several meanings is told by its words', () => {
    const conflict = (message: string) => errorText({ code: 'CONFLICT', message });
    expect(conflict('The conversation has 20 shares already. Delete one of them first.')).toBe(
      'Diese Unterhaltung ist schon 20-mal geteilt. Nimm erst eine Adresse zurück.',
    );
    expect(conflict('Something new.')).toBe(errorsDe.codes.CONFLICT);
    expect(errorText({ code: 'BRAND_NEW', message: 'Something new.' })).toBe('Something new.');
  });

  const details = [...said.matchAll(/(?:LoadStep::of\([^;]*?|[ (]progress\()"([^"]+)"/g)];
  it.each(details.map(([, detail = '']) => detail))(
    'what is said of a load is translated: %s',
    (detail) => {
      expect(errorsDe.sentences).toHaveProperty([detail]);
    },
  );

  it('how far the loading of a model has come is told', () => {
    expect(details.length).toBeGreaterThan(6);
    expect(progressText('Fetching: 12.5 of 4661.2 MB')).toBe('Geholt: 12,5 von 4661,2 MB');
    expect(progressText('Something new')).toBe('Something new');
  });

  it('a field says what it should be', () => {
    const of = (...fields: { field: string; expected: string }[]) =>
      messageOf(new ApiError(400, 'VALIDATION_ERROR', 'Check it.', { fields }));
    const name = { field: 'displayName', expected: '1 to 100 characters' };
    const password = {
      field: 'password',
      expected:
        'This is a top-10 common password. Add another word or two. Uncommon words are better',
    };
    expect(of(name, password)).toBe(
      'Name: 1 bis 100 Zeichen. Passwort: Das ist eines der 10 häufigsten Passwörter. Nimm noch ein, zwei Wörter dazu. Seltene Wörter sind besser.',
    );
    expect(
      of({ field: 'variables.author', expected: 'a value; the prompt has this variable' }),
    ).toBe('author: ein Wert fehlt.');
    expect(of(name, { field: 'cursor', expected: 'something else' })).toBe(
      errorsDe.codes.VALIDATION_ERROR,
    );
  });
});

it('in English the server speaks for itself', () => {
  const error = new ApiError(409, 'CONFLICT', 'Nothing was said yet.');
  expect(messageOf(error)).toBe('Nothing was said yet.');
});
