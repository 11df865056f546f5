/** Loading Cassandra: the publisher's writer and DSBulk in turns, the same rows into the same table of the same node. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Table } from 'apache-arrow';
import { valueAt } from '../engine/columnar/column-of.ts';
import { formatDecimal } from '../engine/columnar/decimal.ts';
import { columnOf } from '../engine/columnar/table.ts';
import { orgDailyUsageByService } from '../schemas/gold.ts';
import { openServing } from '../serving/serving.ts';
import type { Session } from '../serving/session.ts';
import type { Stack } from '../stack/stack.ts';
import { budgets } from './budgets.ts';
import { benchLoad, mart, usageRows } from './cassandra-load.ts';
import { budgeted, type Figure, measured, median } from './report.ts';
import { runDsbulk } from './rival-dsbulk.ts';
import { servedTotals } from './served-totals.ts';

/** Loads in turns, each time into an empty keyspace; throws when one side did not write every row, or not the same cost. */
export async function benchAgainstDsbulk(
  stack: Stack,
  rows: number,
  rounds: number,
  log: (line: string) => void,
): Promise<{ about: string; figures: Figure[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'cpa-bench-'));
  try {
    const csv = join(folder, 'rows.csv');
    await writeFile(csv, csvOf(usageRows(rows)));
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const us = await inKeyspace(stack, (session) => benchLoad(session, rows).then((r) => r.ms));
      const them = await inKeyspace(stack, async ({ keyspace }) => {
        const [host = '', port] = stack.cassandra.contactPoints[0]!.split(':');
        const { username, password } = stack.cassandra;
        return (
          await runDsbulk({ host, port: Number(port), username, password, keyspace, table: mart.table, csv }, log)
        ).ms;
      });
      if (us.served !== them.served) throw new Error(`not the same rows: ${us.served} and ${them.served}`);
      log(`round ${round}: ${(us.ms / 1000).toFixed(2)} s, DSBulk ${(them.ms / 1000).toFixed(2)} s`);
      ours.push(us.ms);
      theirs.push(them.ms);
    }
    const [us, them] = [median(ours), median(theirs)];
    return {
      about:
        `${rows.toLocaleString('en')} rows of ${mart.table}, in turns, each time into an empty keyspace; medians of ${rounds} rounds. ` +
        "Ours from Arrow rows in memory, DSBulk's whole run from a CSV file, its Java's start included; counted and summed by CQL afterwards.",
      figures: [
        measured('our load', 's', us / 1000),
        measured('… rate', 'rows/s', (rows * 1000) / us),
        measured("DSBulk's load", 's', them / 1000),
        measured('… rate', 'rows/s', (rows * 1000) / them),
        budgeted(budgets.againstDsbulk, them / us),
      ],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A load into a keyspace that is made for it: its time, and how many rows of what cost Cassandra then has. */
async function inKeyspace(
  stack: Stack,
  load: (session: Session) => Promise<number>,
): Promise<{ ms: number; served: string }> {
  const keyspace = `bench_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const session = await openServing({ ...stack.cassandra, keyspace });
  try {
    const ms = await load(session);
    return { ms, served: await served(session) };
  } finally {
    await session.executeOnce(`DROP KEYSPACE ${keyspace}`);
    await session.close();
  }
}

async function served(session: Session): Promise<string> {
  const { rows, cost6 } = await servedTotals(session, mart.table);
  return `${rows} rows of ${formatDecimal(cost6, 6)} US dollars`;
}

/** The rows as CSV with a header; null is an empty field. */
function csvOf(table: Table): string {
  const columns = orgDailyUsageByService.fields.map(({ name, type }) => {
    const column = columnOf(table, name);
    return (row: number): string => {
      const value = valueAt(column, row);
      if (value === null) return '';
      if (type.kind === 'decimal') return formatDecimal(value as bigint, type.scale);
      return type.kind === 'date' ? new Date(Number(value) * 86_400_000).toISOString().slice(0, 10) : String(value);
    };
  });
  const lines = [orgDailyUsageByService.fields.map((f) => f.name).join(',')];
  for (let row = 0; row < table.numRows; row++) lines.push(columns.map((text) => text(row)).join(','));
  return `${lines.join('\n')}\n`;
}
