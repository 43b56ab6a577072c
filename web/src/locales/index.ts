import { createStore } from '~/lib/store';
import { storage } from '~/lib/storage';
import { en } from './en';
import type { ErrorTexts } from './errors';

export type Messages = typeof en;
export type MessageKey = keyof Messages;
export type Locale = 'en' | 'de';

type Plural = { one: string; other: string };
export type Translation = { [Key in MessageKey]: Messages[Key] extends string ? string : Plural };

/** The languages there are, each in its own words. */
export const LOCALES: Record<Locale, string> = { en: 'English', de: 'Deutsch' };

const KEY = 'omnichat.locale';
export const localeStore = createStore<Locale>('en');
let messages: Translation = en;
let errors: ErrorTexts | null = null;

export const locale = (): Locale => localeStore.get();

/** How the server's errors are said; null where they are in its own words. */
export const errorTexts = (): ErrorTexts | null => errors;

/** The text behind `key`, with `{name}` filled in; `count` also picks the plural. */
export function t(key: MessageKey, values: Record<string, string | number> = {}): string {
  const entry = messages[key];
  const text =
    typeof entry === 'string'
      ? entry
      : entry[
          new Intl.PluralRules(locale()).select(Number(values.count)) === 'one' ? 'one' : 'other'
        ];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The language that was chosen, else the browser's, else English. */
export function preferredLocale(): Locale {
  const known = (tag: string | null | undefined) =>
    (Object.keys(LOCALES) as Locale[]).find((name) => tag?.toLowerCase().startsWith(name));
  return known(storage.get<string>(KEY)) ?? known(navigator.language) ?? 'en';
}

/** Switches the language; only English comes with the first load. */
export async function loadLocale(next: Locale): Promise<void> {
  const german = next === 'de' ? await import('./de') : null;
  messages = german?.de ?? en;
  errors = german?.errorsDe ?? null;
  document.documentElement.lang = next;
  localeStore.set(next);
}

export async function chooseLocale(next: Locale): Promise<void> {
  storage.set(KEY, next);
  await loadLocale(next);
}
