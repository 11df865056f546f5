/** The anomalous days, those that cost most above what was expected first. */
import type { AnomaliesAnswer, Row } from '../../../../api.ts';
import { OrgLink } from '../../components/org-link.tsx';
import { Panel } from '../../components/panel.tsx';
import type { Column } from '../../components/table.tsx';
import { useAnswer } from '../../data/use-answer.ts';
import { shown } from '../../format.ts';
import { rowOf, useExplain } from '../../state/figure.ts';
import { addressOf, useView, type View } from '../../state/view.ts';

export function anomaliesAddress(view: View): string {
  return addressOf('/api/v1/anomalies', view, ['org', 'service', 'region', 'plan', 'from', 'to']);
}

export function AnomalyPanel({ wide = false }: { readonly wide?: boolean }) {
  const [view] = useView();
  const [, explain] = useExplain();
  const asked = useAnswer<AnomaliesAnswer>(anomaliesAddress(view));
  const all = view.org === null;
  const columns: readonly Column[] = [
    { key: 'usage_date', title: 'Day', unit: 'day' },
    ...(all ? [{ key: 'org_name', title: 'Organisation', show: (row: Row) => <OrgLink row={row} /> }] : []),
    { key: 'service_name', title: 'Service' },
    {
      key: 'actual_cost_usd',
      title: 'Cost',
      unit: 'usd',
      onClick: ({ org_id, usage_date, service_name }) =>
        explain(
          rowOf('gold.org_daily_cost_anomalies', null, {
            org_id: org_id ?? view.org,
            usage_date: usage_date!,
            service_name: service_name!,
          }),
        ),
    },
    { key: 'expected_cost_usd', title: 'Expected', unit: 'usd' },
    { key: 'above_expected_usd', title: 'Above', unit: 'usd' },
    {
      key: 'upper_cost_usd',
      title: 'Band',
      show: (row) => `${shown(Math.max(0, Number(row.lower_cost_usd)), 'usd')} – ${shown(row.upper_cost_usd, 'usd')}`,
    },
    { key: 'z_score', title: 'z', unit: 'sigma' },
    { key: 'modified_z_score', title: 'Modified z', unit: 'sigma' },
    { key: 'votes', title: 'Votes', unit: 'count' },
  ];
  return (
    <Panel
      title="Cost anomalies"
      asked={asked}
      wide={wide}
      empty="No day is anomalous here. A day is scored once 14 of the 28 days before have usage; two of three tests have to agree."
      show={({ rows, anomalies }) => {
        const listed = rows.filter((row) => row.is_anomaly === true).map(withDifference);
        return {
          rows: listed,
          columns,
          sort: { key: 'above_expected_usd', descending: true },
          note:
            listed.length < anomalies
              ? `The ${shown(listed.length, 'count')} furthest from what was expected, of ${shown(anomalies, 'count')}.`
              : undefined,
        };
      }}
    />
  );
}

function withDifference(row: Row): Row {
  return { ...row, above_expected_usd: Number(row.actual_cost_usd) - Number(row.expected_cost_usd) };
}
