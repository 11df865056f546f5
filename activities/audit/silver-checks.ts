/** Silver against Bronze, unique keys, and references. */
import { valueAt } from '../../engine/columnar/column-of.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { readFiles } from '../../engine/delta/read.ts';
import { pathOf } from '../../schemas/contract.ts';
import { conformedMasters, dimOrgs, dimResources, silverUsageEvents } from '../../schemas/silver.ts';
import type { ActivityContext, Run } from '../context.ts';
import { type AuditCheck, equalCheck } from './report.ts';
import { type AuditScope, profiles, rowsByPartition, rowsIn } from './scope.ts';

/** Rows and cost by date, conformed tables by count, keys of what changed, and organisations that no dimension knows. */
export async function auditSilver(context: ActivityContext, run: Run, scope: AuditScope): Promise<AuditCheck[]> {
  return [
    ...(await eventChecks(context, run, scope)),
    ...conformedChecks(scope),
    ...(await dimensionChecks(context, run, scope)),
  ];
}

async function eventChecks(context: ActivityContext, run: Run, scope: AuditScope): Promise<AuditCheck[]> {
  const silver = scope.snapshots.get(silverUsageEvents.name);
  const bronze = scope.snapshots.get('bronze.usage_events');
  if (bronze === undefined) return [];
  if (silver === undefined)
    return [equalCheck('silver.usage_events: rows', ['bronze', rowsIn(bronze)], ['silver', 0], rowsIn(bronze))];
  const quarantined = await quarantinedByDay(context, scope);
  const inBronze = rowsByPartition(bronze);
  const inSilver = rowsByPartition(silver);
  const days = [...new Set([...inBronze.keys(), ...inSilver.keys()])];
  const off = days.filter((d) => (inBronze.get(d) ?? 0) !== (inSilver.get(d) ?? 0) + (quarantined.get(d)?.rows ?? 0));
  const checks: AuditCheck[] = [
    {
      name: 'silver.usage_events: Bronze rows = Silver rows + quarantined, day by day',
      passed: off.length === 0,
      compared: rowsIn(bronze),
      finding:
        off.length === 0
          ? `${days.length} days: ${rowsIn(bronze)} = ${rowsIn(silver)} + ${rowsIn(bronze) - rowsIn(silver)}`
          : off
              .slice(0, 5)
              .map((d) => `${d}: ${inBronze.get(d) ?? 0} ≠ ${inSilver.get(d) ?? 0} + ${quarantined.get(d)?.rows ?? 0}`)
              .join('; '),
    },
  ];
  const touched = scope.touched(silverUsageEvents.name);
  const ask = { key: ['event_id'], sums: ['cost_usd'], texts: ['org_id', 'flags'] };
  const facts = await profiles(context, run, silver, touched, ask);
  const raw = await profiles(context, run, bronze, touched, { key: [], sums: ['cost_usd_increment'], texts: [] });
  let bronzeCost = 0n;
  let silverCost = 0n;
  let rows = 0;
  let keys = 0;
  let unknown = 0;
  let flagged = 0;
  const organisations = await knownKeys(context, scope, dimOrgs.name, 'org_id');
  // By the days of Bronze: a day that Silver lacks altogether must not be left out of both sides.
  for (const [day, { sums }] of raw) {
    bronzeCost += (sums.cost_usd_increment ?? 0n) - (quarantined.get(day)?.money ?? 0n);
  }
  for (const fact of facts.values()) {
    silverCost += fact.sums.cost_usd ?? 0n;
    rows += fact.rows;
    keys += fact.distinctKeys;
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
    ),
    equalCheck('silver.usage_events: event_id is unique within its day', ['rows', rows], ['distinct', keys], rows),
    equalCheck(
      'silver.usage_events: rows of unknown organisations are flagged',
      ['unknown', unknown],
      ['flagged', flagged],
      rows,
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

function conformedChecks(scope: AuditScope): AuditCheck[] {
  return conformedMasters.flatMap((contract) => {
    const source = contract.upstream[0]!.table;
    const before = scope.snapshots.get(source);
    if (before === undefined) return [];
    const left = rowsIn(before);
    return [
      equalCheck(
        `${contract.name}: rows of ${source} = rows`,
        [source, left],
        [contract.name, rowsIn(scope.snapshots.get(contract.name))],
        left,
      ),
    ];
  });
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
