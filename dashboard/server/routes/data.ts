/** How fresh and how complete the data is: layers, tables, ledger, quarantine, late events, the last audit. */
import type { FastifyInstance } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { lastAudit } from '../../../activities/audit/audit-log.ts';
import type { Lake } from '../../../engine/delta/lake.ts';
import { addExact, exactOf, exactText } from '../../../serving/exact.ts';
import type {
  FreshnessAnswer,
  LateAnswer,
  LayersAnswer,
  LedgerAnswer,
  QuarantineAnswer,
  QuarantineRowsAnswer,
  TablesAnswer,
  VersionsAnswer,
} from '../../api.ts';
import { query } from '../filters.ts';
import { Problem } from '../problem.ts';
import {
  eventCounts,
  lateRows,
  layersOf,
  ledgerRows,
  quarantinedRows,
  quarantineOfLake,
  tablesOf,
  versionsOf,
} from '../sources/lake-state.ts';
import type { Marts } from '../sources/marts.ts';
import type { PublicationWatch } from '../sources/publications.ts';
import { referenceDayOf } from '../sources/reference-day.ts';
import * as schemas from './data-schemas.ts';

const limit = Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 }));

export function dataRoutes(
  app: FastifyInstance,
  { lake, marts, watch, clock }: { lake: Lake; marts: Marts; watch: PublicationWatch; clock: () => number },
): void {
  const quarantine = quarantineOfLake(lake);
  const get = <T>(
    path: string,
    operationId: string,
    summary: string,
    properties: Record<string, TSchema>,
    response: TSchema,
    answer: (given: unknown) => Promise<T>,
  ): void => {
    app.get(
      path,
      { schema: { operationId, summary, tags: ['data'], querystring: query(properties), response: { 200: response } } },
      async (request, reply) => {
        reply.header('cache-control', 'no-cache');
        return answer(request.query);
      },
    );
  };

  get(
    '/api/v1/freshness',
    'freshness',
    'How fresh and how complete the data is, at a glance',
    {},
    schemas.freshness,
    async () => {
      // The lake is told of also while Cassandra is away.
      const served = await watch.now().catch(() => null);
      const numbers = [...(served?.publications.values() ?? [])].map(({ number }) => number);
      const [events, audit] = await Promise.all([eventCounts(lake), lastAudit(lake)]);
      return {
        last_day: served === null ? null : await referenceDayOf(marts, clock).catch(() => null),
        published_at: numbers.length === 0 ? null : new Date(Math.max(...numbers) / 1000).toISOString(),
        events,
        audit: audit === null ? null : auditAnswer(audit),
        live: served?.speed.pending.events ?? 0,
      } satisfies FreshnessAnswer;
    },
  );
  get('/api/v1/layers', 'layers', 'How far each layer is', {}, schemas.layers, async () => {
    const served = await watch.now().catch(() => null);
    return { layers: await layersOf(lake, served?.publications ?? new Map()) } satisfies LayersAnswer;
  });
  get('/api/v1/tables', 'tables', 'Tables of the lake', {}, schemas.tables, async () => {
    return { tables: await tablesOf(lake) } satisfies TablesAnswer;
  });
  get(
    '/api/v1/ledger',
    'ledger',
    'What the line did, newest first',
    { table: Type.Optional(Type.String()), limit },
    schemas.ledger,
    async (given) => {
      const { table, limit: most = 100 } = given as { table?: string; limit?: number };
      return { rows: await ledgerRows(lake, table ?? null, most) } satisfies LedgerAnswer;
    },
  );
  get('/api/v1/late', 'late', 'Late events by the day they were read', {}, schemas.late, async () => {
    return { rows: await lateRows(lake) } satisfies LateAnswer;
  });
  get(
    '/api/v1/quarantine',
    'quarantine',
    'Rejected rows and the money they hold, by rule',
    {},
    schemas.quarantine,
    async () => {
      const held = await quarantine();
      const money = held.reduce((sum, { moneyUsd }) => addExact(sum, exactOf(moneyUsd))!, exactOf('0.000000'));
      return {
        rows: held.reduce((sum, each) => sum + each.rows, 0),
        money_held_usd: exactText(money),
        rules: held.map(({ source, layer, rule, rows: count, moneyUsd, firstSeen, lastSeen }) => ({
          source,
          layer,
          rule,
          rows: count,
          money_held_usd: moneyUsd,
          first_seen: firstSeen,
          last_seen: lastSeen,
        })),
      } satisfies QuarantineAnswer;
    },
  );
  get(
    '/api/v1/quarantine/rows',
    'quarantineRows',
    'Rows that a rule rejected, those first that were detected last',
    { source: Type.String(), rule: Type.String(), limit },
    schemas.quarantineRows,
    async (given) => {
      const { source, rule, limit: most = 100 } = given as { source: string; rule: string; limit?: number };
      const known = await quarantine();
      if (!known.some((held) => held.source === source)) {
        throw new Problem('not-found', `Nothing of ${JSON.stringify(source)} is in quarantine.`);
      }
      return quarantinedRows(lake, source, rule, most) satisfies Promise<QuarantineRowsAnswer>;
    },
  );
  app.get(
    '/api/v1/tables/:table/versions',
    {
      schema: {
        operationId: 'versions',
        summary: 'Versions of a table, newest first, and the runs that made them',
        tags: ['data'],
        params: Type.Object({ table: Type.String() }),
        querystring: query({ limit }),
        response: { 200: schemas.versions },
      },
    },
    async (request, reply) => {
      const { table } = request.params as { table: string };
      const { limit: most = 100 } = request.query as { limit?: number };
      const versions = await versionsOf(lake, table, most);
      if (versions === null) throw new Problem('not-found', `The lake has no table ${JSON.stringify(table)}.`);
      reply.header('cache-control', 'no-cache');
      return { table, versions } satisfies VersionsAnswer;
    },
  );
}

function auditAnswer({
  atMs,
  scope,
  passed,
  checks,
  workflowId,
  runId,
}: NonNullable<Awaited<ReturnType<typeof lastAudit>>>) {
  return { at: new Date(atMs).toISOString(), scope, passed, checks, workflow_id: workflowId, run_id: runId };
}
