/** Cost anomalies: of one organisation every day with its expected band, over all organisations the anomalous days. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { BoolColumn, DecimalColumn, Float64Column } from '../../../engine/columnar/column.ts';
import { toFloat64 } from '../../../engine/columnar/decimal.ts';
import { sortIndices } from '../../../engine/columnar/sort.ts';
import { selectedIndices, takeColumn } from '../../../engine/columnar/take.ts';
import { maskFromBits } from '../../../engine/columnar/validity.ts';
import { usageCube } from '../../../serving/cube.ts';
import type { Columns } from '../../../serving/mart-query.ts';
import { textMask } from '../../../transforms/masks.ts';
import type { AnomaliesAnswer } from '../../api.ts';
import type { Answers } from '../answer.ts';
import { asked, type Given, parameters, query } from '../filters.ts';
import { rowsOfColumns } from '../rows.ts';
import type { Marts } from '../sources/marts.ts';
import { referenceDayOf } from '../sources/reference-day.ts';
import { checkKnown, sourceSchema } from './cubes.ts';

const { org, service, region, plan, from, to } = parameters;
const limit = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 200,
    description: 'Days to list at most, over all organisations',
  }),
);

export function anomalyRoute(app: FastifyInstance, marts: Marts, answer: Answers, clock: () => number): void {
  app.get(
    '/api/v1/anomalies',
    {
      schema: {
        operationId: 'anomalies',
        summary: 'Cost anomalies against the 28 days before',
        description:
          'Of one organisation every day with a row, with its band, in order; over all organisations the anomalous days, those furthest from what was expected, in dollars, first.',
        querystring: query({ org, service, region, plan, from, to, limit }),
        response: {
          200: Type.Object({
            org: Type.Union([Type.String(), Type.Null()]),
            period: Type.Object({ from: Type.String(), to: Type.String() }),
            source: sourceSchema,
            anomalies: Type.Number({ description: 'Days with at least two votes, listed or not' }),
            rows: Type.Array(Type.Record(Type.String(), Type.Unknown())),
          }),
        },
      },
    },
    async (request, reply) => {
      const referenceDay = await referenceDayOf(marts, clock);
      const what = asked(usageCube, request.query as Given, [], referenceDay);
      const { period, where } = what;
      const { columns, source } =
        what.org === null
          ? await marts.rollup('anomalies_all', period.from, period.to)
          : await marts.organisation('anomalies', what.org, period.from, period.to);
      return answer(reply, [referenceDay, source], async () => {
        const found = rowsWhere(columns, {
          service_name: where.service,
          hq_region: where.region,
          plan_tier: where.plan,
        });
        if (found.length === 0) await checkKnown(marts, what);
        const { bits, length } = columns.is_anomaly as BoolColumn;
        const isAnomaly = maskFromBits(bits, length);
        const anomalies = found.filter((row) => isAnomaly[row] === 1).length;
        const { limit: most = 200 } = request.query as { limit?: number };
        const rows = rowsOfColumns(what.org === null ? furthest(columns, found, most) : inOrder(columns, found));
        return { org: what.org, period, source, anomalies, rows } satisfies AnomaliesAnswer;
      });
    },
  );
}

/** The rows with these values. */
function rowsWhere(columns: Columns, values: Readonly<Record<string, string | undefined>>): Int32Array {
  const { length } = columns.usage_date!;
  const masks = Object.entries(values)
    .filter((each): each is [string, string] => each[1] !== undefined)
    .map(([name, value]) => textMask(columns[name]!, [value]));
  return selectedIndices(Uint8Array.from({ length }, (_, row) => (masks.every((mask) => mask?.[row] === 1) ? 1 : 0)));
}

/** By day and service. */
function inOrder(columns: Columns, rows: Int32Array): Columns {
  const found = taken(columns, rows);
  return taken(found, sortIndices([{ column: found.usage_date! }, { column: found.service_name! }]));
}

/** At most so many of the rows, those whose cost is furthest from what was expected first. */
function furthest(columns: Columns, rows: Int32Array, most: number): Columns {
  const expected = (columns.expected_cost_usd as Float64Column).values;
  const actual = toFloat64(columns.actual_cost_usd as DecimalColumn).values;
  const distance = (row: number): number => Math.abs(actual[row]! - expected[row]!);
  const least = Float64Array.from(rows, distance).sort().at(-most) ?? 0;
  const far = rows.filter((row) => distance(row) >= least);
  return taken(columns, far.sort((a, b) => distance(b) - distance(a) || a - b).slice(0, most));
}

function taken(columns: Columns, rows: Int32Array): Columns {
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, takeColumn(column, rows)]));
}
