/** Bronze against the landing zone. */
import { masters } from '../../schemas/bronze.ts';
import { workOf } from '../commit-info.ts';
import { mapTasks } from '../compute/compute.ts';
import type { ActivityContext, Run } from '../context.ts';
import { isLost, readLandingState } from '../landing-state.ts';
import { loadedSnapshots } from '../snapshots.ts';
import { type AuditCheck, equalCheck } from './report.ts';
import { type AuditScope, profiles, rowsIn } from './scope.ts';

const events = 'bronze.usage_events';

/** Counts of the stream and of every master, and, when everything is audited, the lines of the landing files themselves. */
export async function auditBronze(context: ActivityContext, run: Run, scope: AuditScope): Promise<AuditCheck[]> {
  return [...(await streamChecks(context, run, scope)), ...(await masterChecks(context, scope))];
}

async function streamChecks(context: ActivityContext, run: Run, scope: AuditScope): Promise<AuditCheck[]> {
  const bronze = scope.snapshots.get(events);
  if (bronze === undefined) return [];
  const work = (await context.lake.table(events).commitsSince(-1)).map(workOf).filter((w) => w !== null);
  const total = (key: 'read' | 'written' | 'quarantined' | 'duplicate'): number =>
    work.reduce((n, w) => n + w.counts[key], 0);
  const checks = [
    equalCheck(
      `${events}: rows committed = rows in the table`,
      ['committed', total('written')],
      ['in the table', rowsIn(bronze)],
      rowsIn(bronze),
    ),
    equalCheck(
      `${events}: read = written + quarantined + duplicate`,
      ['read', total('read')],
      ['accounted for', total('written') + total('quarantined') + total('duplicate')],
      total('read'),
    ),
  ];
  const quarantine = scope.snapshots.get('quarantine.usage_events');
  const held =
    quarantine === undefined
      ? []
      : [...(await profiles(context, run, quarantine, null, { key: [], sums: [], texts: ['layer'] })).values()];
  const inQuarantine = held.reduce((n, p) => n + (p.texts.layer?.bronze ?? 0), 0);
  checks.push(
    equalCheck(
      `${events}: rows rejected = rows in quarantine`,
      ['rejected', total('quarantined')],
      ['in quarantine', inQuarantine],
      inQuarantine,
    ),
  );
  if (scope.kind === 'everything') checks.push(await landingCheck(context, run, total('read')));
  return checks;
}

/** The lines of the landing files against the rows read, as long as the files are there as they were read. */
async function landingCheck(context: ActivityContext, run: Run, read: number): Promise<AuditCheck> {
  const { landing } = context;
  const name = `${events}: lines in the landing files = rows read`;
  const { files: consumed } = await readLandingState(context.lake);
  const files = [...consumed].filter(([, f]) => !isLost(f)).map(([file, { toByte }]) => ({ file, toByte }));
  const groups = Array.from({ length: Math.ceil(files.length / 200) }, (_, i) => files.slice(i * 200, i * 200 + 200));
  const counted = await mapTasks(context.compute, groups, (group) =>
    context.compute.run('countLanding', { landing, files: group }, { signal: run.signal }),
  );
  const replaced = [...consumed.values()].filter((f) => f.generation > 1).length;
  const gone = counted.reduce((n, c) => n + c.gone, consumed.size - files.length);
  if (gone + replaced > 0) {
    const finding = `${gone} of ${consumed.size} landing files are gone, ${replaced} were replaced: not counted again`;
    return { name, passed: true, compared: 0, finding };
  }
  const lines = counted.reduce((n, c) => n + c.rows, 0);
  return equalCheck(name, ['lines', lines], ['read', read], lines);
}

async function masterChecks(context: ActivityContext, scope: AuditScope): Promise<AuditCheck[]> {
  const checks: AuditCheck[] = [];
  for (const { contract } of masters) {
    const snapshot = scope.snapshots.get(contract.name);
    if (snapshot === undefined) continue;
    const loaded = await loadedSnapshots(context.lake, contract.name);
    const newest = loaded.reduce((a, b) => (b.instantUs >= a.instantUs ? b : a));
    const commit = (await context.lake.table(contract.name).commitsSince(newest.version - 1))[0];
    const work = commit === undefined ? null : workOf(commit);
    if (work === null) continue;
    const { read, quarantined, duplicate } = work.counts;
    checks.push(
      equalCheck(
        `${contract.name}: rows of the latest snapshot = rows in the table`,
        ['read − quarantined − duplicate', read - quarantined - duplicate],
        ['in the table', rowsIn(snapshot)],
        rowsIn(snapshot),
      ),
    );
  }
  return checks;
}
