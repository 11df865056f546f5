/** Answers over the marts: usage, support, revenue, GenAI. */
import type { FastifyInstance } from 'fastify';
import { type TSchema, Type } from 'typebox';
import {
  type Cube,
  type Dimension,
  genaiCube,
  revenueCube,
  sliceColumns,
  summarise,
  supportCube,
  usageCube,
} from '../../../serving/cube.ts';
import type { CubeAnswer, Period } from '../../api.ts';
import type { Answers } from '../answer.ts';
import { type Asked, asked, type Given, parameters, query } from '../filters.ts';
import { monthsOf } from '../period.ts';
import { Problem } from '../problem.ts';
import type { MartRows, Marts } from '../sources/marts.ts';
import { referenceDayOf } from '../sources/reference-day.ts';

/** A cube under `/api/v1/<name>`, which parameters it takes, and what tells rows apart when nothing is said. */
const routes: readonly { readonly cube: Cube; readonly takes: readonly (keyof Given)[]; readonly by: Dimension[] }[] = [
  { cube: usageCube, takes: ['org', 'service', 'region', 'plan', 'from', 'to', 'by'], by: ['day', 'service'] },
  { cube: supportCube, takes: ['org', 'region', 'plan', 'from', 'to', 'by'], by: ['day'] },
  { cube: revenueCube, takes: ['org', 'region', 'plan', 'from', 'to', 'by'], by: ['month'] },
  { cube: genaiCube, takes: ['org', 'region', 'plan', 'from', 'to', 'by'], by: ['day'] },
];

export function cubeRoutes(app: FastifyInstance, marts: Marts, answer: Answers, clock: () => number): void {
  for (const { cube, takes, by } of routes) {
    const properties = Object.fromEntries(takes.map((name) => [name, parameters[name]]));
    app.get(
      `/api/v1/${cube.name}`,
      {
        schema: {
          operationId: cube.name,
          summary: cube.doc,
          description: 'Decimals are exact text; a ratio is a ratio of sums; `total` is over all rows together.',
          querystring: query(properties),
          response: { 200: answerSchema(cube) },
        },
      },
      async (request, reply) => {
        const referenceDay = await referenceDayOf(marts, clock);
        const what = asked(cube, request.query as Given, by, referenceDay);
        const rows = await rowsOf(marts, cube, what, what.period);
        return answer(reply, [referenceDay, rows.source], async () => {
          const summary = summarise(cube, scopeOf(what), rows.columns, what);
          if (summary.total === null) await checkKnown(marts, what);
          return { ...what, reference_day: referenceDay, source: rows.source, ...summary } satisfies CubeAnswer;
        });
      },
    );
  }
}

/** The rows that a question is about, of some period. */
export function rowsOf(
  marts: Marts,
  cube: Cube,
  what: Pick<Asked, 'org' | 'by' | 'where'>,
  days: Period,
): Promise<MartRows> {
  const { org } = what;
  const { from, to } = cube.unit === 'month' ? monthsOf(days) : days;
  const { organisation, all } = cube.queries;
  return org === null
    ? marts.rollup(all, from, to, sliceColumns(cube, what))
    : marts.organisation(organisation, org, from, to);
}

export function scopeOf({ org }: Pick<Asked, 'org'>): 'all' | 'organisation' {
  return org === null ? 'all' : 'organisation';
}

/** Throws the `Problem` when the organisation is in no mart: no rows at all are another answer than none in a period. */
export async function checkKnown(marts: Marts, { org }: Pick<Asked, 'org'>): Promise<void> {
  if (org === null || (await marts.has(org))) return;
  const detail = `No mart has rows of the organisation ${JSON.stringify(org)}. /api/v1/organisations?search=… finds those there are.`;
  throw new Problem('unknown-organisation', detail, [{ name: 'org', detail }]);
}

const decimalText = (description: string) => Type.Union([Type.String(), Type.Number(), Type.Null()], { description });

function answerSchema(cube: Cube) {
  const measures: Record<string, TSchema> = {};
  for (const { name, doc, hidden } of cube.measures) if (hidden !== true) measures[name] = decimalText(doc);
  for (const { name, doc } of cube.ratios) measures[name] = decimalText(doc);
  if (cube === usageCube) {
    measures.live = Type.Optional(
      Type.Boolean({ description: 'Some of it is the speed layer’s, not confirmed by the batch layer yet' }),
    );
  }
  const dimensions = Object.fromEntries(
    ['day', 'month', 'service', 'region', 'plan'].map((name) => [name, Type.Optional(Type.String())]),
  );
  return Type.Object({
    org: Type.Union([Type.String(), Type.Null()]),
    by: Type.Array(Type.String()),
    where: Type.Record(Type.String(), Type.String()),
    period: Type.Object({ from: Type.String(), to: Type.String() }),
    reference_day: Type.String(),
    source: sourceSchema,
    rows: Type.Array(Type.Object({ ...dimensions, ...measures })),
    total: Type.Union([Type.Object(measures), Type.Null()]),
  });
}

export const sourceSchema = Type.Object(
  {
    mart: Type.String(),
    publication: Type.Number(),
    version: Type.Number(),
    speed_version: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
  },
  { description: 'The publication that the rows come from, or a later one of which some rows are there already' },
);
