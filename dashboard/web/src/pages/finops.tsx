import type { AnomaliesAnswer, BudgetAnswer, DimensionsAnswer, OverviewAnswer, Row } from '../../../api.ts';
import type { ChartData } from '../charts/option.ts';
import { CubePanel } from '../components/cube-panel.tsx';
import { Hint } from '../components/hint.tsx';
import { Kpis, overviewAddress } from '../components/kpis.tsx';
import { Panel } from '../components/panel.tsx';
import { useAnswer } from '../data/use-answer.ts';
import { dayText, shown } from '../format.ts';
import { rowOf, useExplain } from '../state/figure.ts';
import { addressOf, useView } from '../state/view.ts';
import { noUsage } from './overview.tsx';
import { AnomalyPanel, anomaliesAddress } from './parts/anomaly-panel.tsx';

export function FinopsPage({ dimensions }: { readonly dimensions: DimensionsAnswer | null }) {
  const [view] = useView();
  const overview = useAnswer<OverviewAnswer>(overviewAddress(view));
  const budget = useAnswer<BudgetAnswer>(addressOf('/api/v1/budget', view, ['org', 'region', 'plan']));
  const perDay = budget.data?.usd_per_day ?? null;
  return (
    <>
      <Kpis
        asked={overview}
        kpis={[
          { of: 'usage', column: 'cost_usd', title: 'Cost', unit: 'usd', better: 'less' },
          { of: 'usage', column: 'cost_per_request', title: 'Cost per request', unit: 'usd-fine', better: 'less' },
          { of: 'usage', column: 'requests', title: 'Requests', unit: 'count' },
          { of: 'usage', column: 'cpu_hours', title: 'CPU hours', unit: 'hours' },
          { of: 'usage', column: 'storage_gb_hours', title: 'Storage', unit: 'gb-hours' },
        ]}
      />
      <div class="panels">
        <CubePanel
          title="Daily cost by service"
          cube="usage"
          along="day"
          split="service"
          names={dimensions?.services ?? []}
          measures={[
            { measure: 'cost_usd', title: 'Cost', unit: 'usd' },
            { measure: 'requests', title: 'Requests', unit: 'count' },
            { measure: 'cost_per_request', title: 'Cost per request', unit: 'usd-fine' },
          ]}
          wide
          tall
          empty={noUsage}
          level={perDay === null ? undefined : { name: `Budget ${shown(perDay, 'usd')} a day`, value: Number(perDay) }}
          note={() => budgetNote(budget.data)}
        />
        <CubePanel
          title="Top services"
          cube="usage"
          along="service"
          measures={[
            { measure: 'cost_usd', title: 'Cost', unit: 'usd' },
            { measure: 'requests', title: 'Requests', unit: 'count', tableOnly: true },
            { measure: 'cost_per_request', title: 'Cost per request', unit: 'usd-fine', tableOnly: true },
          ]}
          empty={noUsage}
        />
        <CubePanel
          title="Cost per request"
          cube="usage"
          along="day"
          measures={[{ measure: 'cost_per_request', title: 'Cost per request', unit: 'usd-fine', kind: 'line' }]}
          empty={noUsage}
        />
        {view.org === null ? (
          (['plan', 'region'] as const).map((along) => (
            <CubePanel
              key={along}
              title={`Cost by ${along}`}
              cube="usage"
              along={along}
              measures={[{ measure: 'cost_usd', title: 'Cost', unit: 'usd' }]}
              empty={noUsage}
            />
          ))
        ) : (
          <ExpectedCost services={dimensions?.services ?? []} />
        )}
        <AnomalyPanel wide />
      </div>
    </>
  );
}

function budgetNote(budget: BudgetAnswer | null): string | undefined {
  if (budget === null || budget.usd_per_day === null) return undefined;
  return `The budget is that of ${budget.budgeted} of ${budget.organisations} organisations together.`;
}

/** The cost of one service by day in the band in which it is expected. */
function ExpectedCost({ services }: { readonly services: readonly string[] }) {
  const [view] = useView();
  const [, explain] = useExplain();
  const asked = useAnswer<AnomaliesAnswer>(anomaliesAddress(view));
  const service = view.service ?? mostAnomalous(asked.data?.rows ?? []) ?? services[0] ?? null;
  return (
    <Panel
      title={`Expected cost: ${service ?? '…'}`}
      asked={asked}
      wide
      empty="No day of this service is in this period."
      show={(answer) => {
        const rows = answer.rows.filter((row) => row.service_name === service);
        return {
          rows,
          columns: [
            { key: 'usage_date', title: 'Day', unit: 'day' },
            {
              key: 'actual_cost_usd',
              title: 'Cost',
              unit: 'usd',
              onClick: (row) =>
                explain(
                  rowOf('gold.org_daily_cost_anomalies', null, {
                    org_id: view.org,
                    usage_date: row.usage_date!,
                    service_name: row.service_name!,
                  }),
                ),
            },
            { key: 'expected_cost_usd', title: 'Expected', unit: 'usd' },
            { key: 'lower_cost_usd', title: 'From', unit: 'usd' },
            { key: 'upper_cost_usd', title: 'To', unit: 'usd' },
            { key: 'votes', title: 'Votes', unit: 'count' },
            { key: 'is_anomaly', title: 'Anomaly' },
          ],
          chart: bandChart(rows),
          note: (
            <>
              {view.service === null && (
                <>
                  The service with most anomalies<Hint>; choose another one above</Hint>.{' '}
                </>
              )}
              The band is 3 σ around the mean of the 28 days before.
            </>
          ),
        };
      }}
    />
  );
}

function bandChart(rows: readonly Row[]): ChartData {
  const numbers = (name: string) => rows.map((row) => (row[name] == null ? null : Number(row[name])));
  const actual = numbers('actual_cost_usd');
  return {
    labels: rows.map((row) => dayText(String(row.usage_date))),
    unit: 'usd',
    series: [
      { name: 'Cost', kind: 'line', values: actual },
      { name: 'Expected', kind: 'line', values: numbers('expected_cost_usd'), dashed: true },
    ],
    // A cost is expected from 0 on, wherever the band begins.
    band: { name: 'Expected band', lower: numbers('lower_cost_usd').map(fromZero), upper: numbers('upper_cost_usd') },
    marks: rows.flatMap((row, at) =>
      row.is_anomaly === true ? [{ at, value: actual[at]!, name: `Anomaly: ${row.votes} of 3 votes` }] : [],
    ),
  };
}

function fromZero(value: number | null): number | null {
  return value === null ? null : Math.max(0, value);
}

function mostAnomalous(rows: readonly Row[]): string | null {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const service = String(row.service_name);
    counts.set(service, (counts.get(service) ?? 0) + (row.is_anomaly === true ? 1 : 0));
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? null;
}
