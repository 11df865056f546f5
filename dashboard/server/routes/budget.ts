/** What organisations may spend a day, as configured. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { type Budgets, budgetOf } from '../../../activities/alerts/budgets.ts';
import { formatDecimal } from '../../../engine/columnar/decimal.ts';
import { money } from '../../../schemas/contract.ts';
import type { BudgetAnswer } from '../../api.ts';
import type { Answers } from '../answer.ts';
import { parameters, query } from '../filters.ts';
import type { Organisations } from '../sources/organisations.ts';

const { org, region, plan } = parameters;

export function budgetRoute(
  app: FastifyInstance,
  organisations: Organisations,
  answer: Answers,
  budgets: Budgets | null,
): void {
  app.get(
    '/api/v1/budget',
    {
      schema: {
        operationId: 'budget',
        summary: 'Daily budget of the organisations meant, US dollars',
        querystring: query({ org, region, plan }),
        response: {
          200: Type.Object({
            usd_per_day: Type.Union([Type.String(), Type.Null()], { description: 'Null: none of them has a budget' }),
            budgeted: Type.Number({ description: 'Organisations that have a budget' }),
            organisations: Type.Number({ description: 'Organisations meant' }),
          }),
        },
      },
    },
    async (request, reply) => {
      const { org: id, region: hq, plan: tier } = request.query as { org?: string; region?: string; plan?: string };
      const { version, all } = await organisations.now();
      return answer(reply, [version], async () => {
        const meant =
          id !== undefined
            ? [id]
            : all
                .filter(
                  ({ hq_region, plan_tier }) =>
                    [hq_region, undefined].includes(hq) && [plan_tier, undefined].includes(tier),
                )
                .map(({ org_id }) => org_id);
        const own = meant
          .map((each) => (budgets === null ? null : budgetOf(budgets, each)))
          .filter((each) => each !== null);
        const total = own.reduce((sum, each) => sum + each, 0n);
        return {
          usd_per_day: own.length === 0 ? null : formatDecimal(total, money.kind === 'decimal' ? money.scale : 0),
          budgeted: own.length,
          organisations: meant.length,
        } satisfies BudgetAnswer;
      });
    },
  );
}
