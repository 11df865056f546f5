/** A small generated lake, published to a keyspace of its own, without Temporal. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateLanding } from '../../cli/generate/landing.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { marts } from '../../schemas/gold.ts';
import type { CassandraConfig } from '../../serving/config.ts';
import { publish } from '../../serving/publish.ts';
import { openServing } from '../../serving/serving.ts';
import { undisturbedLake } from '../faults/steps.ts';

export interface PublishedLake {
  readonly folder: string;
  readonly landing: string;
  readonly lakeRoot: string;
  readonly cassandra: CassandraConfig;
  lake(): Lake;
  /** Publishes every mart; until then Cassandra has no keyspace. */
  publish(): Promise<void>;
  stop(): Promise<void>;
}

/** Builds the lake from 900 generated events of 16 days and two organisations, and from `lines`. */
export async function publishedLake(lines: readonly string[] = []): Promise<PublishedLake> {
  const stack = JSON.parse(process.env.CPA_TEST_CASSANDRA ?? 'null') as Omit<CassandraConfig, 'keyspace'> | null;
  if (stack === null) throw new Error('these tests need the stack that `npm test` starts');
  const cassandra = { ...stack, keyspace: `test_${randomUUID().replaceAll('-', '').slice(0, 12)}` };
  const folder = mkdtempSync(join(tmpdir(), 'cpa-published-'));
  const landing = join(folder, 'landing');
  await generateLanding({ events: 900, days: 16, seed: 3, orgs: 2, out: landing });
  writeFileSync(join(landing, 'usage_events_stream', 'own.jsonl'), lines.map((line) => `${line}\n`).join(''));
  const { lakeRoot, lake } = await undisturbedLake(join(folder, 'lake'), landing, 1 << 30);
  return {
    folder,
    landing,
    lakeRoot,
    cassandra,
    lake,
    publish: async () => {
      const session = await openServing(cassandra);
      await Promise.all(marts.map((mart) => publish({ lake: lake(), session, mart, runId: 'test' })));
      await session.close();
    },
    stop: async () => {
      const session = await openServing(cassandra);
      await session.executeOnce(`DROP KEYSPACE IF EXISTS ${cassandra.keyspace}`);
      await session.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
