import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';

import { cx } from '~/lib/cx';
import { formatCompact, formatDay, formatNumber } from '~/lib/format';
import { t } from '~/locales';
import type { UsageDay } from './everyDay';

const AXIS = {
  stroke: 'var(--color-ink-soft)',
  fontSize: 12,
  tickLine: false,
  axisLine: false,
} as const;

/** Tokens read and written, day by day. */
export default function UsageChart({ days }: { days: UsageDay[] }) {
  return (
    <figure className="grid h-full grid-rows-[1fr_auto] gap-2">
      <ResponsiveContainer width="100%" height="100%">
        <BarChart
          data={days}
          margin={{ left: -8, right: 4, top: 8 }}
          accessibilityLayer
          title={t('usagePage.byDay')}
        >
          <CartesianGrid vertical={false} stroke="var(--color-line)" />
          <XAxis dataKey="day" tickFormatter={formatDay} minTickGap={28} {...AXIS} />
          <YAxis tickFormatter={formatCompact} width={52} {...AXIS} />
          <Tooltip
            cursor={{ fill: 'var(--color-sunken)' }}
            labelFormatter={(day) => formatDay(String(day))}
            formatter={(value) => formatNumber(Number(value))}
            isAnimationActive={false}
            contentStyle={{
              background: 'var(--color-raised)',
              border: '1px solid var(--color-line)',
              borderRadius: 12,
              fontSize: 13,
            }}
          />
          <Bar
            dataKey="input"
            stackId="tokens"
            name={t('usagePage.input')}
            fill="var(--color-line-strong)"
            isAnimationActive={false}
          />
          <Bar
            dataKey="output"
            stackId="tokens"
            name={t('usagePage.output')}
            fill="var(--color-accent)"
            radius={[3, 3, 0, 0]}
            isAnimationActive={false}
          />
        </BarChart>
      </ResponsiveContainer>
      <figcaption className="flex justify-end gap-4 text-xs text-ink-soft">
        <Mark className="bg-line-strong" name={t('usagePage.input')} />
        <Mark className="bg-accent" name={t('usagePage.output')} />
      </figcaption>
    </figure>
  );
}

const Mark = ({ className, name }: { className: string; name: string }) => (
  <span className="flex items-center gap-1.5">
    <span aria-hidden className={cx('size-2.5 rounded-sm', className)} />
    {name}
  </span>
);
