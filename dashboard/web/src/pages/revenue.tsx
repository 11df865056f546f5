import type { OverviewAnswer, ReconciliationAnswer } from '../../../api.ts';
import { columnsOver } from '../charts/pivot.ts';
import { CubePanel } from '../components/cube-panel.tsx';
import { Kpis, overviewAddress } from '../components/kpis.tsx';
import { Panel } from '../components/panel.tsx';
import { useAnswer } from '../data/use-answer.ts';
import { rowOf, useExplain } from '../state/figure.ts';
import { addressOf, useView } from '../state/view.ts';

const noInvoices = 'No invoices in these months: choose another period, or fewer filters.';

export function RevenuePage() {
  const [view] = useView();
  const overview = useAnswer<OverviewAnswer>(overviewAddress(view));
  return (
    <>
      <Kpis
        asked={overview}
        kpis={[
          { of: 'revenue', column: 'revenue_usd', title: 'Revenue', unit: 'usd', better: 'more' },
          { of: 'revenue', column: 'subtotal_usd', title: 'Subtotal', unit: 'usd' },
          { of: 'revenue', column: 'credits_usd', title: 'Credits', unit: 'usd' },
          { of: 'revenue', column: 'taxes_usd', title: 'Taxes', unit: 'usd' },
          { of: 'revenue', column: 'invoices', title: 'Invoices', unit: 'count' },
        ]}
      />
      <div class="panels">
        <CubePanel
          title="Monthly revenue"
          cube="revenue"
          along="month"
          measures={[
            { measure: 'revenue_usd', title: 'Revenue', unit: 'usd' },
            { measure: 'subtotal_usd', title: 'Subtotal', unit: 'usd' },
            { measure: 'credits_usd', title: 'Credits', unit: 'usd' },
            { measure: 'taxes_usd', title: 'Taxes', unit: 'usd' },
            { measure: 'invoices', title: 'Invoices', unit: 'count', tableOnly: true },
          ]}
          empty={noInvoices}
          note={() => 'Whole months, those that the period touches. Revenue = (subtotal − credits + taxes) × rate.'}
        />
        <CubePanel
          title="Readings of the exchange rate"
          cube="revenue"
          along="month"
          measures={[
            { measure: 'revenue_usd', title: 'Rate 1 for US dollar invoices', unit: 'usd' },
            { measure: 'revenue_rate_as_stated_usd', title: 'Rate as stated', unit: 'usd' },
            { measure: 'revenue_already_usd', title: 'Amounts are US dollars already', unit: 'usd' },
          ]}
          empty={noInvoices}
          note={() => 'The source does not settle which reading is right: US dollar invoices state other rates than 1.'}
        />
        <Reconciliation />
        {view.org === null && (
          <CubePanel
            title="Revenue by region"
            cube="revenue"
            along="region"
            measures={[
              { measure: 'revenue_usd', title: 'Revenue', unit: 'usd' },
              { measure: 'subtotal_usd', title: 'Subtotal', unit: 'usd', tableOnly: true },
            ]}
            empty={noInvoices}
          />
        )}
      </div>
    </>
  );
}

/** What was metered against what was invoiced. */
function Reconciliation() {
  const [view] = useView();
  const [, explain] = useExplain();
  const asked = useAnswer<ReconciliationAnswer>(
    addressOf('/api/v1/reconciliation', view, ['org', 'region', 'plan', 'from', 'to']),
  );
  return (
    <Panel
      title="Metered against invoiced"
      asked={asked}
      empty="Neither usage nor invoices in these months."
      show={({ rows }) => {
        const { labels, series } = columnsOver(rows, 'month', [
          { measure: 'metered_cost_usd', name: 'Metered cost', kind: 'bar' },
          { measure: 'invoiced_subtotal_usd', name: 'Invoiced subtotal', kind: 'bar' },
        ]);
        return {
          rows,
          columns: [
            { key: 'month', title: 'Month', unit: 'month' },
            { key: 'metered_cost_usd', title: 'Metered', unit: 'usd' },
            { key: 'invoiced_subtotal_usd', title: 'Invoiced', unit: 'usd' },
            {
              key: 'difference_usd',
              title: 'Difference',
              unit: 'usd',
              ...(view.org === null
                ? {}
                : {
                    onClick: (row) =>
                      explain(rowOf('gold.org_monthly_reconciliation', null, { org_id: view.org, month: row.month! })),
                  }),
            },
            { key: 'metered_to_invoiced', title: 'Ratio', unit: 'score' },
            ...(view.org === null ? [] : [{ key: 'flags', title: 'Flags' }]),
          ],
          chart: { labels, unit: 'usd', series },
        };
      }}
    />
  );
}
