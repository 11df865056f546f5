/** What can be asked: days with data, services, regions, plans, organisations. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { dayText } from '../../../engine/columnar/cell.ts';
import type { DictionaryColumn } from '../../../engine/columnar/column.ts';
import { usageCube } from '../../../serving/cube.ts';
import type { DimensionsAnswer, Organisation } from '../../api.ts';
import type { Answers } from '../answer.ts';
import { query } from '../filters.ts';
import type { Marts } from '../sources/marts.ts';
import type { Organisations } from '../sources/organisations.ts';
import { referenceDayOf } from '../sources/reference-day.ts';

const names = Type.Array(Type.String());

export function dimensionRoutes(
  app: FastifyInstance,
  marts: Marts,
  organisations: Organisations,
  answer: Answers,
  { clock, temporalUi }: { readonly clock: () => number; readonly temporalUi: string | null },
): void {
  app.get(
    '/api/v1/dimensions',
    {
      schema: {
        operationId: 'dimensions',
        summary: 'Days with data, services, regions and plans',
        querystring: query({}),
        response: {
          200: Type.Object({
            first_day: Type.String(),
            last_day: Type.String(),
            reference_day: Type.String({ description: 'The last day, not after today (UTC), with data' }),
            services: names,
            regions: names,
            plans: names,
            temporal_ui: Type.Union([Type.String(), Type.Null()]),
          }),
        },
      },
    },
    async (_request, reply) => {
      const referenceDay = await referenceDayOf(marts, clock);
      const { columns, source } = await marts.rollup(usageCube.queries.all, '1970-01-01', '9999-12-31');
      return answer(reply, [referenceDay, source], async () => {
        const days = await marts.usageDays();
        const distinct = (name: string): string[] => {
          const { codes, values } = columns[name] as DictionaryColumn;
          return [...new Set(codes)].map((code) => values[code]!).sort();
        };
        return {
          first_day: dayText(days[0]!),
          last_day: dayText(days.at(-1)!),
          reference_day: referenceDay,
          services: distinct('service_name'),
          regions: distinct('hq_region'),
          plans: distinct('plan_tier'),
          temporal_ui: temporalUi,
        } satisfies DimensionsAnswer;
      });
    },
  );
  app.get(
    '/api/v1/organisations',
    {
      schema: {
        operationId: 'organisations',
        summary: 'Organisations as they are now, found by a part of their id or name',
        querystring: query({
          search: Type.Optional(Type.String({ maxLength: 200, description: 'A part of the id or name, in any case' })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 20 })),
        }),
        response: {
          200: Type.Object({
            version: Type.Number({ description: 'Version of silver.dim_orgs' }),
            total: Type.Number({ description: 'Organisations found, also those that are not listed' }),
            organisations: Type.Array(
              Type.Object({
                org_id: Type.String(),
                org_name: Type.Union([Type.String(), Type.Null()]),
                hq_region: Type.Union([Type.String(), Type.Null()]),
                plan_tier: Type.Union([Type.String(), Type.Null()]),
              }),
            ),
          }),
        },
      },
    },
    async (request, reply) => {
      const { search = '', limit = 20 } = request.query as { search?: string; limit?: number };
      const { version, all } = await organisations.now();
      return answer(reply, [version], async () => {
        const found = find(all, search.trim().toLowerCase());
        return { version, total: found.length, organisations: found.slice(0, limit) };
      });
    },
  );
}

/** Those whose id or name begins with the text first, then those that have it anywhere. */
function find(all: readonly Organisation[], text: string): readonly Organisation[] {
  if (text === '') return all;
  const rank = ({ org_id, org_name }: Organisation): number => {
    const at = [org_id, org_name ?? ''].map((name) => name.toLowerCase().indexOf(text));
    return at.includes(0) ? 0 : at.some((place) => place > 0) ? 1 : 2;
  };
  return [0, 1].flatMap((wanted) => all.filter((organisation) => rank(organisation) === wanted));
}
