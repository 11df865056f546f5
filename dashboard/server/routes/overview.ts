/** The figures of the first page, against the time before. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { type Cube, revenueCube, rowsWithin, summarise, supportCube, usageCube } from '../../../serving/cube.ts';
import type { Columns } from '../../../serving/mart-query.ts';
import type { Compared, OverviewAnswer, Period, Source } from '../../api.ts';
import type { Answers } from '../answer.ts';
import { asked, type Given, parameters, query } from '../filters.ts';
import { monthsBefore, monthsOf, periodBefore, yearBefore } from '../period.ts';
import type { Marts } from '../sources/marts.ts';
import { referenceDayOf } from '../sources/reference-day.ts';
import { checkKnown, rowsOf, scopeOf, sourceSchema } from './cubes.ts';

const { org, service, region, plan, from, to } = parameters;
const totals = Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]);
const compared = Type.Object({ current: totals, previous: totals, year_before: totals });
const period = Type.Object({ from: Type.String(), to: Type.String() });

export function overviewRoute(app: FastifyInstance, marts: Marts, answer: Answers, clock: () => number): void {
  app.get(
    '/api/v1/overview',
    {
      schema: {
        operationId: 'overview',
        summary: 'Totals of usage, support and revenue against the time before and the year before',
        description:
          'A service narrows usage only. Revenue is that of the months that a period touches. Null: no rows.',
        querystring: query({ org, service, region, plan, from, to }),
        response: {
          200: Type.Object({
            org: Type.Union([Type.String(), Type.Null()]),
            period,
            previous: period,
            year_before: period,
            reference_day: Type.String(),
            sources: Type.Object({ usage: sourceSchema, support: sourceSchema, revenue: sourceSchema }),
            usage: compared,
            support: compared,
            revenue: compared,
          }),
        },
      },
    },
    async (request, reply) => {
      const referenceDay = await referenceDayOf(marts, clock);
      const what = asked(usageCube, request.query as Given, [], referenceDay);
      const { service: _, ...organisations } = what.where;
      const periods = {
        current: what.period,
        previous: periodBefore(what.period),
        year_before: yearBefore(what.period),
      };
      const months = monthsOf(what.period);
      const [usage, support, revenue] = await Promise.all([
        comparison(usageCube, what.where, periods),
        comparison(supportCube, organisations, periods),
        comparison(revenueCube, organisations, { ...periods, current: months, previous: monthsBefore(months) }),
      ]);
      const sources = { usage: usage.source, support: support.source, revenue: revenue.source };
      const begins = [usage, support, revenue].map((each) => each.begins);
      return answer(reply, [referenceDay, sources, begins], async () => {
        const compared = { usage: usage.totals(), support: support.totals(), revenue: revenue.totals() };
        if (Object.values(compared).every(({ current }) => current === null)) await checkKnown(marts, what);
        return {
          org: what.org,
          period: what.period,
          previous: periods.previous,
          year_before: periods.year_before,
          reference_day: referenceDay,
          sources,
          ...compared,
        } satisfies OverviewAnswer;
      });

      async function comparison(
        cube: Cube,
        where: typeof what.where,
        { current, previous, year_before: before }: Readonly<Record<keyof Compared, Period>>,
      ): Promise<{ readonly source: Source; readonly begins: string | null; readonly totals: () => Compared }> {
        const slice = { org: what.org, by: [], where };
        const begins = await marts.firstDay(cube.queries.all);
        // The time before ends where the period begins: one read for both, and none of years without data.
        const [both, last] = await Promise.all([
          rowsOf(marts, cube, slice, { from: previous.from, to: current.to }),
          begins !== null && before.to < begins ? null : rowsOf(marts, cube, slice, before),
        ]);
        const scope = scopeOf(what);
        const totalOf = (columns: Columns) => summarise(cube, scope, columns, slice).total;
        const within = ({ from, to }: Period) => totalOf(rowsWithin(both.columns, cube.time[scope], from, to));
        return {
          source: both.source,
          begins,
          totals: () => ({
            current: within(current),
            previous: within(previous),
            year_before: last === null ? null : totalOf(last.columns),
          }),
        };
      }
    },
  );
}
