import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';

import { api, dataOf } from '~/api/client';
import { ErrorNotice } from '~/components/ErrorNotice';
import { SelectField } from '~/components/Field';
import { PageSpinner } from '~/components/Spinner';
import { useModelName } from '~/features/models/modelsQuery';
import { formatCost, formatNumber } from '~/lib/format';
import { t } from '~/locales';
import { Section } from './Section';
import { everyDay } from './everyDay';

const UsageChart = lazy(() => import('./UsageChart'));

const useUsage = (groupBy: 'day' | 'model', days: number) =>
  useQuery({
    queryKey: ['usage', groupBy, days],
    queryFn: () => {
      const from = new Date(Date.now() - (days - 1) * 86_400_000).toISOString().slice(0, 10);
      return dataOf(api.GET('/usage', { params: { query: { groupBy, from } } }));
    },
    placeholderData: keepPreviousData,
  });

/** What one's replies took, by day and by model. */
export function UsagePage() {
  const [days, setDays] = useState(30);
  const byDay = useUsage('day', days);
  const byModel = useUsage('model', days);
  const nameOf = useModelName();
  const total = byDay.data?.total;
  const models = [...(byModel.data?.usage ?? [])].sort((a, b) => b.tokens.total - a.tokens.total);

  return (
    <Section title={t('settings.usage')} text={t('usagePage.text')}>
      <div className="w-44">
        <SelectField
          label={t('usagePage.period')}
          value={days}
          onChange={(event) => setDays(Number(event.target.value))}
        >
          {[7, 30, 90].map((count) => (
            <option key={count} value={count}>
              {t('usagePage.days', { count })}
            </option>
          ))}
        </SelectField>
      </div>
      <ErrorNotice error={byDay.error ?? byModel.error} />
      {total && (
        <dl className="grid grid-cols-2 gap-3 sm:grid-cols-3">
          <Figure
            name={t('usagePage.cost')}
            value={total.costUsd === null ? '–' : formatCost(total.costUsd)}
          />
          <Figure name={t('usagePage.tokens')} value={formatNumber(total.tokens.total)} />
          <Figure name={t('usagePage.replies')} value={formatNumber(total.requests)} />
        </dl>
      )}
      {byDay.data && (
        <div className="h-66">
          <Suspense fallback={<PageSpinner />}>
            <UsageChart days={everyDay(byDay.data)} />
          </Suspense>
        </div>
      )}
      {models.length > 0 && (
        <div
          className="overflow-x-auto rounded-2xl border border-line"
          tabIndex={0}
          role="region"
          aria-label={t('usagePage.byModel')}
        >
          <table className="w-full text-sm">
            <thead>
              <tr className="text-left text-xs text-ink-soft">
                {(['model', 'replies', 'input', 'output', 'cost'] as const).map((column) => (
                  <th
                    key={column}
                    scope="col"
                    className="px-4 py-2.5 font-medium not-first:text-right"
                  >
                    {t(`usagePage.${column}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="tabular-nums">
              {models.map(({ key, requests, tokens, costUsd }) => (
                <tr
                  key={key}
                  className="border-t border-line *:px-4 *:py-2.5 *:not-first:text-right"
                >
                  <th scope="row" className="text-left font-medium whitespace-nowrap">
                    {nameOf(key ?? '')}
                  </th>
                  <td>{formatNumber(requests)}</td>
                  <td>{formatNumber(tokens.input)}</td>
                  <td>{formatNumber(tokens.output)}</td>
                  <td>{costUsd === null ? '–' : formatCost(costUsd)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}

const Figure = ({ name, value }: { name: string; value: string }) => (
  <div className="rounded-2xl border border-line bg-raised px-4 py-3">
    <dt className="text-xs text-ink-soft">{name}</dt>
    <dd className="mt-0.5 text-xl font-semibold tabular-nums">{value}</dd>
  </div>
);
