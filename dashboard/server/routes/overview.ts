/** The figures of the first page, against the time before. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { type Cube, revenueCube, summarise, supportCube, usageCube } from '../../../serving/cube.ts';
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
      const read = await Promise.all([
        comparison(usageCube, what.where, periods),
        comparison(supportCube, organisations, periods),
        comparison(revenueCube, organisations, { ...periods, current: months, previous: monthsBefore(months) }),
      ]);
      const [usageOf, supportOf, revenueOf] = read;
      const sources = { usage: usageOf.source, support: supportOf.source, revenue: revenueOf.source };
      return answer(reply, [referenceDay, sources], async () => {
        const [usage, support, revenue] = read.map(({ totals: of }) => of()) as [Compared, Compared, Compared];
        if ([usage, support, revenue].every(({ current }) => current === null)) await checkKnown(marts, what);
        return {
          org: what.org,
          period: what.period,
          previous: periods.previous,
          year_before: periods.year_before,
          reference_day: referenceDay,
          sources,
          usage,
          support,
          revenue,
        } satisfies OverviewAnswer;
      });

      async function comparison(
        cube: Cube,
        where: typeof what.where,
        spans: Readonly<Record<keyof Compared, Period>>,
      ): Promise<{ readonly source: Source; readonly totals: () => Compared }> {
        const slice = { org: what.org, by: [], where };
        const [current, previous, before] = await Promise.all([
          rowsOf(marts, cube, slice, spans.current),
          rowsOf(marts, cube, slice, spans.previous),
          rowsOf(marts, cube, slice, spans.year_before),
        ]);
        const totalOf = (rows: typeof current) => summarise(cube, scopeOf(what), rows.columns, slice).total;
        return {
          source: current.source,
          totals: () => ({ current: totalOf(current), previous: totalOf(previous), year_before: totalOf(before) }),
        };
      }
    },
  );
}
