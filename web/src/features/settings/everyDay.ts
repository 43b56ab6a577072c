import type { UsageGroup } from '~/api/types';

export interface UsageDay {
  day: string;
  input: number;
  output: number;
  cost: number;
}

/** One entry for each day of a period, also for those without a reply. */
export function everyDay({
  from,
  to,
  usage,
}: {
  from: string;
  to: string;
  usage: UsageGroup[];
}): UsageDay[] {
  const known = new Map(usage.map((group) => [group.key, group]));
  const days: UsageDay[] = [];
  const end = Date.parse(to.slice(0, 10));
  for (let at = Date.parse(from.slice(0, 10)); at <= end; at += 86_400_000) {
    const day = new Date(at).toISOString().slice(0, 10);
    const group = known.get(day);
    days.push({
      day,
      input: group?.tokens.input ?? 0,
      output: group?.tokens.output ?? 0,
      cost: group?.costUsd ?? 0,
    });
  }
  return days;
}
