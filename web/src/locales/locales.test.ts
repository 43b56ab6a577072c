import { expect, it } from 'vitest';

import { de } from './de';
import { en } from './en';
import { loadLocale, t } from './index';

const blanks = (entry: unknown) =>
  [...JSON.stringify(entry).matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

it.each(Object.keys(en) as (keyof typeof en)[])('%s has the same blanks in German', (key) => {
  expect(new Set(blanks(de[key]))).toEqual(new Set(blanks(en[key])));
});

it('speaks the chosen language, with its plurals', async () => {
  await loadLocale('de');
  expect(t('share.messages', { count: 1 })).toBe('1 Nachricht');
  await loadLocale('en');
  expect(t('share.messages', { count: 2 })).toBe('2 messages');
});
