/** Metered cost against invoiced subtotal, by month. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { revenueCube, summarise, usageCube } from '../../../serving/cube.ts';
import { addExact, exactOf, exactText, ratioOf } from '../../../serving/exact.ts';
import type { ReconciliationAnswer, Row } from '../../api.ts';
import type { Answers } from '../answer.ts';
import { asked, type Given, parameters, query } from '../filters.ts';
import { lastOfMonth, monthsOf } from '../period.ts';
import { rowsOfColumns } from '../rows.ts';
import type { Marts } from '../sources/marts.ts';
import { referenceDayOf } from '../sources/reference-day.ts';
import { checkKnown, rowsOf, sourceSchema } from './cubes.ts';

const { org, region, plan, from, to } = parameters;

export function reconciliationRoute(app: FastifyInstance, marts: Marts, answer: Answers, clock: () => number): void {
  app.get(
    '/api/v1/reconciliation',
    {
      schema: {
        operationId: 'reconciliation',
        summary: 'Metered cost against invoiced subtotal by month, US dollars',
        description:
          'Whole months, those that the period touches. A missing side is null, and counts as 0 in the difference.',
        querystring: query({ org, region, plan, from, to }),
        response: {
          200: Type.Object({
            org: Type.Union([Type.String(), Type.Null()]),
            period: Type.Object({ from: Type.String(), to: Type.String() }),
            sources: Type.Array(sourceSchema),
            rows: Type.Array(Type.Record(Type.String(), Type.Unknown())),
          }),
        },
      },
    },
    async (request, reply) => {
      const referenceDay = await referenceDayOf(marts, clock);
      const what = asked(revenueCube, request.query as Given, [], referenceDay);
      const period = monthsOf(what.period);
      if (what.org !== null) {
        const { columns, source } = await marts.organisation('reconciliation', what.org, period.from, period.to);
        return answer(reply, [referenceDay, source], async () => {
          const rows = rowsOfColumns(columns).sort((a, b) => (String(a.month) < String(b.month) ? -1 : 1));
          if (rows.length === 0) await checkKnown(marts, what);
          return { org: what.org, period, sources: [source], rows } satisfies ReconciliationAnswer;
        });
      }
      const slice = { by: ['month'] as const, where: what.where };
      const [usage, invoices] = await Promise.all([
        rowsOf(marts, usageCube, { org: null, ...slice }, { from: period.from, to: lastOfMonth(period.to) }),
        rowsOf(marts, revenueCube, { org: null, ...slice }, period),
      ]);
      const sources = [usage.source, invoices.source];
      return answer(reply, [referenceDay, sources], async () => {
        const metered = summarise(usageCube, 'all', usage.columns, slice).rows;
        const invoiced = summarise(revenueCube, 'all', invoices.columns, slice).rows;
        return { org: null, period, sources, rows: reconciled(metered, invoiced) } satisfies ReconciliationAnswer;
      });
    },
  );
}

/** As the mart `org_monthly_reconciliation` has it, over all organisations. */
function reconciled(metered: readonly Row[], invoiced: readonly Row[]): Row[] {
  const months = [...new Set([...metered, ...invoiced].map((row) => String(row.month)))].sort();
  return months.map((month) => {
    const left = metered.find((row) => row.month === month)?.cost_usd ?? null;
    const right = invoiced.find((row) => row.month === month)?.subtotal_usd ?? null;
    const [cost, subtotal] = [left, right].map((text) => (text === null ? null : exactOf(String(text))));
    const minus = subtotal == null ? null : { ...subtotal, unscaled: -subtotal.unscaled };
    const difference = addExact(cost ?? null, minus);
    const ratio = ratioOf(cost ?? null, subtotal ?? null, 1);
    return {
      month,
      metered_cost_usd: left,
      invoiced_subtotal_usd: right,
      difference_usd: difference === null ? null : exactText(difference),
      metered_to_invoiced: ratio === null ? null : exactText(ratio),
    };
  });
}
