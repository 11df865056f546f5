/** Cost anomalies against the days before. */
import type { Int32Column } from '../../../engine/columnar/column.ts';
import { boolColumn, float64Column, int32Column } from '../../../engine/columnar/column-of.ts';
import { decimalOf, toFloat64 } from '../../../engine/columnar/decimal.ts';
import {
  anomalyWindowDays,
  dailyCostAnomalies,
  orgDailyCostAnomalies,
  orgDailyUsageByService,
} from '../../../schemas/gold.ts';
import { type AnomalyScore, scoreOf } from '../../../transforms/gold/anomaly-score.ts';
import { carried, countOf, type Inputs, type Measure, made, sumOf, type Where } from '../measure.ts';
import type { Origin, Source } from '../origin.ts';
import { sameAs } from '../picked-rows.ts';
import { orgs } from './organisation.ts';

const usage = orgDailyUsageByService.name;
const window = `the ${anomalyWindowDays} days before`;

const theDay: Where = {
  how: 'usage_date is the day',
  mask: ({ usage_date }, row) => sameAs([usage_date!], [row.column('usage_date')]),
};
const before: Where = {
  how: `usage_date is in ${window}`,
  mask: ({ usage_date }, row) =>
    Uint8Array.from((usage_date as Int32Column).values, (day) => (day < row.day('usage_date') ? 1 : 0)),
};

const anomalies: Origin = {
  sources: [
    {
      table: usage,
      tested: ['org_id', 'service_name'],
      picks: ({ org_id, service_name }, row) =>
        sameAs([org_id!, service_name!], [row.column('org_id'), row.column('service_name')]),
      listed: ['org_id', 'usage_date', 'service_name', 'daily_cost_usd', 'event_count'],
      order: ['usage_date'],
    },
  ],
  measures: {
    actual_cost_usd: sumOf(usage, 'daily_cost_usd', theDay),
    baseline_points: { ...countOf(usage, before), overRows: null },
    expected_cost_usd: scored('mean', (score) => float64Column([score.expected])),
    lower_cost_usd: scored('mean − 3 σ', (score) => float64Column([score.lower])),
    upper_cost_usd: scored('mean + 3 σ', (score) => float64Column([score.upper])),
    z_score: scored('(actual − mean) / σ', (score) => float64Column([score.z])),
    modified_z_score: scored('0.6745 × (actual − median) / MAD', (score) => float64Column([score.modifiedZ])),
    percentile_rank: scored('rank of the day', (score) => float64Column([score.percentileRank])),
    votes: scored('votes of the tests', (score) => int32Column([score.votes])),
    is_anomaly: scored('2 votes or more', (score) => boolColumn([score.votes >= 2])),
    has_history: scored('14 points or more', (score) => boolColumn([score.expected !== null])),
  },
  missing: (row) => ({
    orgs: orgs(row.column('org_id')),
    fromDay: row.day('usage_date'),
    toDay: row.day('usage_date'),
  }),
};

function scored(how: string, of: (score: AnomalyScore) => ReturnType<Measure['of']>): Measure {
  return made(`${how}, over ${window}`, (inputs) => of(score(inputs)));
}

function score({ rows, row }: Inputs): AnomalyScore {
  const { columns } = rows(usage);
  const days = (columns.usage_date as Int32Column).values;
  const costs = toFloat64(decimalOf(columns.daily_cost_usd!)).values;
  const points = Array.from(costs, (cost, i) => ({ cost, day: days[i]! })).sort((a, b) => a.day - b.day);
  const today = row.day('usage_date');
  const baseline = points.filter(({ day }) => day < today);
  const actual = points.find(({ day }) => day === today)?.cost ?? Number.NaN;
  return scoreOf(
    actual,
    Float64Array.from(baseline, ({ cost }) => cost),
  );
}

/** The row of the same organisation, day and service. */
function sameRow(table: string, listed: readonly string[]): Source {
  return {
    table,
    tested: dailyCostAnomalies.key,
    picks: (columns, row) =>
      sameAs(
        dailyCostAnomalies.key.map((name) => columns[name]!),
        dailyCostAnomalies.key.map((name) => row.column(name)),
      ),
    listed: [...dailyCostAnomalies.key, ...listed],
    order: [],
  };
}

const scores = dailyCostAnomalies.fields
  .map(({ name }) => name)
  .filter((name) => name in anomalies.measures && name !== 'actual_cost_usd');
const names = ['org_name', 'hq_region', 'plan_tier'];

/** Anomalies over all organisations: a row each of those, with the name that the usage of the day has. */
const ofAll: Origin = {
  sources: [sameRow(orgDailyCostAnomalies.name, ['actual_cost_usd', ...scores]), sameRow(usage, names)],
  measures: {
    actual_cost_usd: sumOf(orgDailyCostAnomalies.name, 'actual_cost_usd'),
    ...Object.fromEntries(scores.map((name) => [name, carried(orgDailyCostAnomalies.name, name)])),
    ...Object.fromEntries(names.map((name) => [name, carried(usage, name)])),
  },
};

export const anomalyOrigins: Readonly<Record<string, Origin>> = {
  [orgDailyCostAnomalies.name]: anomalies,
  [dailyCostAnomalies.name]: ofAll,
};
