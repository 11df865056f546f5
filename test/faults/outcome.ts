/** What a line has made of its landing zone, in a form two lines can be compared in. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditReport } from '../../activities/audit/report.ts';
import { workOf } from '../../activities/commit-info.ts';
import { catalog } from '../../schemas/catalog.ts';
import { pathOf } from '../../schemas/contract.ts';
import { marts } from '../../schemas/gold.ts';
import { verify } from '../../serving/verify.ts';
import { logicalHashes, type TestLine } from '../line/line.ts';
import { rowsIn } from '../line/tables.ts';

export interface Outcome {
  readonly hashes: Readonly<Record<string, string>>;
  /** Rows read, written, unchanged, quarantined, duplicate by table, according to the ledger. */
  readonly ledger: Readonly<Record<string, readonly number[]>>;
}

const counted = ['rows_read', 'rows_written', 'rows_unchanged', 'rows_quarantined', 'rows_duplicate'];

/** A line, or the lake alone of one that was made without Temporal. */
type Made = Pick<TestLine, 'lakeRoot' | 'lake'>;

/** Content of every table, and the ledger's sums. */
export async function outcomeOf(line: Made): Promise<Outcome> {
  return { hashes: await logicalHashes(line.lakeRoot), ledger: await ledgerOf(line) };
}

/** The ledger's sums. */
export async function ledgerOf(line: Made): Promise<Outcome['ledger']> {
  const ledger: Record<string, number[]> = {};
  for (const row of await rowsIn(line.lake(), 'ops.ledger')) {
    const table = String(row.table_name);
    ledger[table] ??= counted.map(() => 0);
    for (const [i, column] of counted.entries()) ledger[table][i]! += Number(row[column]);
  }
  return Object.fromEntries(Object.entries(ledger).sort());
}

/** What stands against a line that says it is done; none when everything agrees. */
export async function disagreements(line: TestLine): Promise<string[]> {
  const found: string[] = [];
  const audit = await line.run<AuditReport>('audit', { scope: 'everything' });
  for (const check of audit.checks) if (!check.passed) found.push(`audit: ${check.name}: ${check.finding}`);
  const lake = line.lake();
  const session = await line.session();
  for (const mart of marts) {
    const { rows, missing, extra, different } = await verify({ lake, session, mart, partitions: 'all', limit: 3 });
    if (missing + extra + different > 0) {
      found.push(`${mart.name} in Cassandra: ${missing} missing, ${extra} extra, ${different} different of ${rows}`);
    }
  }
  const entered = new Map<string, number>();
  for (const row of await rowsIn(lake, 'ops.ledger')) {
    const id = String(row.work_id);
    entered.set(id, (entered.get(id) ?? 0) + 1);
    const [read = 0, ...parts] = counted.map((column) => Number(row[column]));
    const isMart = String(row.table_name).startsWith('gold.');
    if (!isMart && read !== parts.reduce((a, b) => a + b, 0)) found.push(`ledger: ${id} does not balance`);
  }
  for (const { name, layer } of catalog) {
    if (layer === 'ops') continue;
    for (const commit of (await lake.table(name).latest()) === null ? [] : await lake.table(name).commitsSince(-1)) {
      const times = entered.get(`${name}@${commit.version}`) ?? 0;
      const expected = workOf(commit) === null ? 0 : 1;
      if (times !== expected) found.push(`ledger: ${name}@${commit.version} is entered ${times} times`);
    }
  }
  return found;
}

/** Commits in the logs of a lake so far. */
export function commitsIn(lakeRoot: string): number {
  return catalog.reduce((n, { name }) => {
    try {
      const log = readdirSync(join(lakeRoot, pathOf(name), '_delta_log'));
      return n + log.filter((file) => /^\d+\.json$/.test(file)).length;
    } catch {
      return n;
    }
  }, 0);
}
