/** Cost anomalies: of one organisation every day with its expected band, over all organisations the anomalous days. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { rowsWith, usageCube } from '../../../serving/cube.ts';
import type { Columns } from '../../../serving/mart-query.ts';
import type { AnomaliesAnswer, Row } from '../../api.ts';
import type { Answers } from '../answer.ts';
import { asked, type Given, parameters, query } from '../filters.ts';
import { rowsOfColumns } from '../rows.ts';
import type { Marts } from '../sources/marts.ts';
import { referenceDayOf } from '../sources/reference-day.ts';
import { checkKnown, sourceSchema } from './cubes.ts';

const { org, service, region, plan, from, to } = parameters;

export function anomalyRoute(app: FastifyInstance, marts: Marts, answer: Answers, clock: () => number): void {
  app.get(
    '/api/v1/anomalies',
    {
      schema: {
        operationId: 'anomalies',
        summary: 'Cost anomalies against the 28 days before',
        description:
          'Of one organisation every day with a row, with its band; over all organisations the anomalous days.',
        querystring: query({ org, service, region, plan, from, to }),
        response: {
          200: Type.Object({
            org: Type.Union([Type.String(), Type.Null()]),
            period: Type.Object({ from: Type.String(), to: Type.String() }),
            source: sourceSchema,
            anomalies: Type.Number({ description: 'Rows with at least two votes' }),
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
        const rows = rowsWhere(columns, {
          service_name: where.service,
          hq_region: where.region,
          plan_tier: where.plan,
        });
        if (rows.length === 0) await checkKnown(marts, what);
        const anomalies = rows.filter((row) => row.is_anomaly === true).length;
        return { org: what.org, period, source, anomalies, rows } satisfies AnomaliesAnswer;
      });
    },
  );
}

/** Rows with these values, as objects, in order of day and service. */
function rowsWhere(columns: Columns, values: Readonly<Record<string, string | undefined>>): Row[] {
  const texts = Object.entries(values).filter((each): each is [string, string] => each[1] !== undefined);
  const rows = rowsOfColumns(rowsWith(columns, texts));
  const keyOf = (row: Row): string => `${row.usage_date} ${row.service_name}`;
  return rows.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
