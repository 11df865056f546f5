/** What a figure is made of: its rows, what these are made of, down to the lines of the landing zone. */
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Lake } from '../../../engine/delta/lake.ts';
import { explainFigure } from '../../lineage/explain-figure.ts';
import { explainRow } from '../../lineage/explain-row.ts';
import { BadQuestion, type Explanation, NoSuchRow } from '../../lineage/explanation.ts';
import { keyOf } from '../../lineage/find-row.ts';
import { query } from '../filters.ts';
import { Problem } from '../problem.ts';
import { explanation } from './lineage-schemas.ts';

const text = (description: string) => Type.String({ minLength: 1, maxLength: 200, description });
const conditions = (description: string) => Type.Array(text(description), { minItems: 1, maxItems: 20 });
const page = {
  version: Type.Optional(Type.Integer({ minimum: 0, description: 'Version of the table; without it, the newest' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 20 })),
  offset: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
};

const figureQuery = query({
  table: text('Table whose rows the figure is the sum of'),
  column: text('Column that is summed; a ratio is a ratio of sums'),
  over: Type.Optional(text('The figure is that sum divided by the sum of this column')),
  times: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, description: '… times this number' })),
  where: Type.Optional(conditions('A condition on its columns, such as usage_date>=2025-08-01')),
  stated: Type.Optional(text('The figure as it was shown')),
  speed_version: Type.Optional(
    Type.Integer({ minimum: 0, description: 'Version of the increments that a live figure has besides the rows' }),
  ),
  ...page,
});
const rowQuery = query({
  table: text('Table of the row'),
  key: conditions('A column of the key and its value, such as org_id=org_1a2b3c4d'),
  ...page,
});

export function lineageRoutes(app: FastifyInstance, lake: Lake, landing: string): void {
  app.get(
    '/api/v1/lineage/figure',
    {
      schema: {
        operationId: 'explainFigure',
        summary: 'The rows of a figure, and whether they add up to it',
        tags: ['lineage'],
        querystring: figureQuery,
        response: { 200: explanation },
      },
    },
    async (request) => {
      const given = request.query as Static<typeof figureQuery>;
      const { limit = 20, offset = 0, where = [], speed_version: speedVersion, ...question } = given;
      const live = speedVersion === undefined ? {} : { speedVersion };
      return answered(() => explainFigure(lake, { ...question, ...live, where, limit, offset }));
    },
  );
  app.get(
    '/api/v1/lineage/row',
    {
      schema: {
        operationId: 'explainRow',
        summary: 'What a row is made of, and whether that adds up to it',
        tags: ['lineage'],
        querystring: rowQuery,
        response: { 200: explanation },
      },
    },
    async (request) => {
      const { limit = 20, offset = 0, key, ...question } = request.query as Static<typeof rowQuery>;
      return answered(() => explainRow(lake, landing, { ...question, key: keyOf(key), limit, offset }));
    },
  );
}

async function answered(explaining: () => Promise<Explanation>): Promise<Explanation> {
  try {
    return await explaining();
  } catch (error) {
    if (error instanceof BadQuestion) throw problemOf(error);
    if (error instanceof NoSuchRow) throw new Problem('not-found', error.message);
    throw error;
  }
}

function problemOf({ message, parameter }: BadQuestion): Problem {
  return new Problem('bad-parameter', message, parameter === null ? [] : [{ name: parameter, detail: message }]);
}
