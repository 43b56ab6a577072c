import { locale } from '~/locales';

const memo = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function cached<T extends Intl.NumberFormat | Intl.DateTimeFormat>(key: string, make: () => T): T {
  const full = `${locale()}:${key}`;
  const found = (memo.get(full) as T | undefined) ?? make();
  memo.set(full, found);
  return found;
}

const numbers = (options: Intl.NumberFormatOptions) =>
  cached(JSON.stringify(options), () => new Intl.NumberFormat(locale(), options));

/** 1,234 */
export const formatNumber = (value: number): string => numbers({}).format(value);

/** 128K */
export const formatCompact = (value: number): string =>
  numbers({ notation: 'compact', maximumFractionDigits: 1 }).format(value);

/** A cost in US dollars: as many digits as it takes to see what a reply of a fraction of a cent cost. */
export function formatCost(dollars: number): string {
  const digits = dollars === 0 || dollars >= 1 ? 2 : dollars >= 0.01 ? 3 : 6;
  return numbers({
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: 2,
    maximumFractionDigits: digits,
  }).format(dollars);
}

export const formatPercent = (share: number): string =>
  numbers({ style: 'percent', maximumFractionDigits: 0 }).format(share);

const dates = (options: Intl.DateTimeFormatOptions) =>
  cached(JSON.stringify(options), () => new Intl.DateTimeFormat(locale(), options));

export const formatDateTime = (iso: string): string =>
  dates({ dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));

export const formatDate = (iso: string): string =>
  dates({ dateStyle: 'medium' }).format(new Date(iso));

export const formatDay = (iso: string): string =>
  dates({ day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(iso));

/** Bytes as a person reads them. */
export function formatBytes(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  const power = Math.min(
    units.length - 1,
    Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1000)),
  );
  return numbers({ style: 'unit', unit: units[power], maximumFractionDigits: 1 }).format(
    bytes / 1000 ** power,
  );
}
