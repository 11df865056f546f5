/** Silver against Bronze, unique keys, and references. */
import { valueAt } from '../../engine/columnar/column-of.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { readFiles } from '../../engine/delta/read.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { pathOf } from '../../schemas/contract.ts';
import { conformedMasters, dimOrgs, dimResources, silverUsageEvents } from '../../schemas/silver.ts';
import type { ActivityContext, Run } from '../context.ts';
import { wholeTable } from '../dirty.ts';
import { type AuditCheck, equalCheck, leftOutNote } from './report.ts';
import { type AuditScope, comparable, leftOutOf, profiles, rowsByPartition, rowsIn } from './scope.ts';

/** Rows and cost by date, conformed tables by count, keys of what changed, and organisations that no dimension knows. */
export async function auditSilver(context: ActivityContext, run: Run, scope: AuditScope): Promise<AuditCheck[]> {
  return [
    ...(await eventChecks(context, run, scope)),
    ...(await conformedChecks(scope)),
    ...(await dimensionChecks(context, run, scope)),
  ];
}

async function eventChecks(context: ActivityContext, run: Run, scope: AuditScope): Promise<AuditCheck[]> {
  const silver = scope.snapshots.get(silverUsageEvents.name);
  const bronze = scope.snapshots.get(bronzeUsageEvents.name);
  if (bronze === undefined) return [];
  if (silver === undefined)
    return [equalCheck('silver.usage_events: rows', ['bronze', rowsIn(bronze)], ['silver', 0], rowsIn(bronze))];
  const quarantined = await quarantinedByDay(context, scope);
  const behind = await scope.behind(silverUsageEvents.name, bronzeUsageEvents.name);
  const inBronze = rowsByPartition(bronze);
  const inSilver = rowsByPartition(silver);
  const every = [...new Set([...inBronze.keys(), ...inSilver.keys()])];
  const days = every.filter((d) => !behind.has(d));
  const off = days.filter((d) => (inBronze.get(d) ?? 0) !== (inSilver.get(d) ?? 0) + (quarantined.get(d)?.rows ?? 0));
  const [rowsBefore, rowsAfter] = [inBronze, inSilver].map((rows) => days.reduce((n, d) => n + (rows.get(d) ?? 0), 0));
  const found =
    off.length === 0
      ? `${days.length} days: ${rowsBefore} = ${rowsAfter} + ${rowsBefore! - rowsAfter!}`
      : off
          .slice(0, 5)
          .map((d) => `${d}: ${inBronze.get(d) ?? 0} ≠ ${inSilver.get(d) ?? 0} + ${quarantined.get(d)?.rows ?? 0}`)
          .join('; ');
  const checks: AuditCheck[] = [
    {
      name: 'silver.usage_events: Bronze rows = Silver rows + quarantined, day by day',
      passed: off.length === 0,
      compared: rowsBefore!,
      finding:
        found +
        leftOutNote(
          leftOutOf(
            scope,
            silverUsageEvents.name,
            every.filter((d) => behind.has(d)),
          ),
          'day',
          bronzeUsageEvents.name,
        ),
    },
  ];
  const touched = scope.touched(silverUsageEvents.name);
  const ask = { key: ['event_id'], sums: ['cost_usd'], texts: ['org_id', 'flags'] };
  const facts = await profiles(context, run, silver, touched, ask);
  const { only, leftOut } = comparable(scope, silverUsageEvents.name, [bronzeUsageEvents.name], touched, behind);
  const raw = await profiles(context, run, bronze, only, { key: [], sums: ['cost_usd_increment'], texts: [] });
  let bronzeCost = 0n;
  let silverCost = 0n;
  let rows = 0;
  let keys = 0;
  let unknown = 0;
  let flagged = 0;
  const organisations = await knownKeys(context, scope, dimOrgs.name, 'org_id');
  const otherOrgs = await scope.behind(silverUsageEvents.name, dimOrgs.name);
  const unjudged: string[] = [];
  // By the days of Bronze: a day that Silver lacks altogether must not be left out of both sides.
  for (const [day, { sums }] of raw) {
    bronzeCost += (sums.cost_usd_increment ?? 0n) - (quarantined.get(day)?.money ?? 0n);
  }
  for (const [day, fact] of facts) {
    rows += fact.rows;
    keys += fact.distinctKeys;
    if (!behind.has(day)) silverCost += fact.sums.cost_usd ?? 0n;
    if (otherOrgs.has(day)) {
      unjudged.push(day);
      continue;
    }
    for (const [org, n] of Object.entries(fact.texts.org_id ?? {})) if (!organisations.has(org)) unknown += n;
    for (const [flags, n] of Object.entries(fact.texts.flags ?? {})) {
      if (flags.split(',').includes('unknown_organisation')) flagged += n;
    }
  }
  checks.push(
    equalCheck(
      'silver.usage_events: Bronze cost − quarantined = Silver cost (10⁻⁶ USD)',
      ['Bronze', bronzeCost],
      ['Silver', silverCost],
      rows,
      leftOutNote(leftOut, 'day', bronzeUsageEvents.name),
    ),
    equalCheck('silver.usage_events: event_id is unique within its day', ['rows', rows], ['distinct', keys], rows),
    equalCheck(
      'silver.usage_events: rows of unknown organisations are flagged',
      ['unknown', unknown],
      ['flagged', flagged],
      rows,
      leftOutNote(leftOutOf(scope, silverUsageEvents.name, unjudged), 'day', dimOrgs.name),
    ),
  );
  return checks;
}

async function quarantinedByDay(
  context: ActivityContext,
  scope: AuditScope,
): Promise<ReadonlyMap<string, { rows: number; money: bigint }>> {
  const snapshot = scope.snapshots.get('quarantine.usage_events');
  const byDay = new Map<string, { rows: number; money: bigint }>();
  if (snapshot === undefined) return byDay;
  const rows = await readFiles(
    context.lake.store,
    pathOf('quarantine.usage_events'),
    snapshot.metadata,
    snapshot.files,
    ['layer', 'event_date', 'money_held'],
  );
  const [layer, day, money] = ['layer', 'event_date', 'money_held'].map((name) => columnOf(rows, name));
  for (let i = 0; i < rows.numRows; i++) {
    if (valueAt(layer!, i) !== 'silver') continue;
    const key = new Date((valueAt(day!, i) as number) * 86_400_000).toISOString().slice(0, 10);
    const held = byDay.get(key) ?? { rows: 0, money: 0n };
    held.rows++;
    held.money += (valueAt(money!, i) as bigint | null) ?? 0n;
    byDay.set(key, held);
  }
  return byDay;
}

async function conformedChecks(scope: AuditScope): Promise<AuditCheck[]> {
  const checks: AuditCheck[] = [];
  for (const contract of conformedMasters) {
    const source = contract.upstream[0]!.table;
    const before = scope.snapshots.get(source);
    if (before === undefined) continue;
    const name = `${contract.name}: rows of ${source} = rows`;
    if ((await scope.behind(contract.name, source)).has(wholeTable)) {
      const why = scope.pinned(contract.name).has(wholeTable) ? 'pinned by a restore' : `behind ${source}`;
      checks.push({ name, passed: true, compared: 0, finding: `it is ${why} and was not compared` });
      continue;
    }
    const left = rowsIn(before);
    checks.push(equalCheck(name, [source, left], [contract.name, rowsIn(scope.snapshots.get(contract.name))], left));
  }
  return checks;
}

async function dimensionChecks(context: ActivityContext, run: Run, scope: AuditScope): Promise<AuditCheck[]> {
  const checks: AuditCheck[] = [];
  for (const contract of [dimOrgs, dimResources]) {
    const snapshot = scope.snapshots.get(contract.name);
    if (snapshot === undefined) continue;
    const fact = (await profiles(context, run, snapshot, null, { key: contract.key, sums: [], texts: [] })).get('');
    checks.push(
      equalCheck(
        `${contract.name}: (${contract.key.join(', ')}) is unique`,
        ['rows', fact?.rows ?? 0],
        ['distinct', fact?.distinctKeys ?? 0],
        fact?.rows ?? 0,
      ),
    );
    const current = await currentVersions(context, scope, contract.name);
    const keys = (await knownKeys(context, scope, contract.name, contract.id)).size;
    checks.push(equalCheck(`${contract.name}: one current version a key`, ['keys', keys], ['current', current], keys));
  }
  return checks;
}

async function currentVersions(context: ActivityContext, scope: AuditScope, table: string): Promise<number> {
  const snapshot = scope.snapshots.get(table)!;
  const rows = await readFiles(context.lake.store, pathOf(table), snapshot.metadata, snapshot.files, ['is_current']);
  const column = columnOf(rows, 'is_current');
  let current = 0;
  for (let i = 0; i < rows.numRows; i++) if (valueAt(column, i) === true) current++;
  return current;
}

async function knownKeys(
  context: ActivityContext,
  scope: AuditScope,
  table: string,
  key: string,
): Promise<ReadonlySet<string>> {
  const snapshot = scope.snapshots.get(table);
  if (snapshot === undefined) return new Set();
  const rows = await readFiles(context.lake.store, pathOf(table), snapshot.metadata, snapshot.files, [key]);
  const column = columnOf(rows, key);
  return new Set(Array.from({ length: rows.numRows }, (_, i) => String(valueAt(column, i))));
}
