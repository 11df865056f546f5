/** Re-drives beside a stream that runs, while readers of Cassandra forget nothing they have read. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditReport } from '../../activities/audit/report.ts';
import type { RedriveResult } from '../../workflows/redrive.ts';
import { cpa } from '../cli/program.ts';
import { type TestLine, testLine } from './line.ts';
import { type RestatedLanding, restatedLanding } from './restated-landing.ts';
import { looking, scanning, Watch } from './served-watch.ts';
import { eventLine } from './small-landing.ts';
import { rowsIn } from './tables.ts';
import { totalAt, usageTotals } from './usage-totals.ts';

describe('a re-drive beside a stream', () => {
  let landing: RestatedLanding;
  let line: TestLine;

  before(async () => {
    landing = restatedLanding();
    line = await testLine({ landing: landing.folder });
    await line.run('dailyRun');
    landing.mend();
  });
  after(async () => {
    await line.stop();
    landing.remove();
  });

  it('refuses masters, rules that are none, and days in the wrong order, saying what to do', async () => {
    const refusal = (input: Record<string, unknown>): Promise<string> =>
      line.run('redrive', input).then(
        () => assert.fail('it was not refused'),
        (error: Error) => error.message,
      );
    assert.match(await refusal({ source: 'users' }), /correct users\.csv and run bronzeBatch .*"correctsFrom"/);
    assert.match(await refusal({ from: '2025-07-02', to: '2025-07-01' }), /"2025-07-02" is after to: "2025-07-01"/);
    assert.match(
      await refusal({ accept: 'everything' }),
      /accept: "everything" is not valid; an example is "conflicts"/,
    );
    assert.match(
      await refusal({ rules: ['bad'] }),
      /rules: "bad": no such rule of events; the rules are unparseable, /,
    );
    assert.match(await refusal({ rules: ['event_id_superseded'] }), /its rows are history, they stay/);
  });

  it('brings in what passes and what was restated; every row read is the total of its key at the version it names', async () => {
    const stream = await line.start('bronzeStream', { mode: 'continuous' });
    const session = await line.session();
    const watch = new Watch();
    let ended = false;
    const isOver = () => ended;
    const readers = [scanning(session, watch, isOver), ...[1, 2].map((n) => looking(session, watch, n, isOver))];
    const producer = producing(landing, isOver);

    const passed = await line.run<RedriveResult>('redrive', { reason: 'clock of the exporter' });
    assert.deepEqual(rows(passed.before), [
      ['bronze', 'event_id_conflict', 3],
      ['bronze', 'timestamp_out_of_range', 5],
      ['bronze', 'unparseable', 1],
      ['silver', 'cost_missing', 1],
    ]);
    assert.deepEqual(rows(passed.after), [
      ['bronze', 'event_id_conflict', 4],
      ['bronze', 'unparseable', 1],
      ['silver', 'cost_missing', 1],
    ]);
    assert.deepEqual(counts(passed), [9, 3, 4, 1, 1]);
    const accepted = await Promise.all(
      [1, 2].map(() => line.run<RedriveResult>('redrive', { accept: 'conflicts', rules: ['event_id_conflict'] })),
    );
    assert.equal(
      accepted.reduce((n, { replaced }) => n + replaced, 0),
      3,
    );
    assert.deepEqual(rows(accepted[0]!.after), []);
    await sleep(500);
    ended = true;
    await producer;
    await stream.executeUpdate('drain');
    await stream.signal('stop');
    await stream.result();
    await Promise.all(readers);

    const totals = await usageTotals(line.lake());
    for (const { key, version, total, layer, publication } of watch.distinct.values()) {
      const expected = totalAt(totals, key, version);
      assert.deepEqual(total, expected, `${key} of layer ${layer}, version ${version}, publication ${publication}`);
    }
    assert.deepEqual(watch.faults, []);
    const commits = await line.lake().table('bronze.usage_events').commitsSince(-1);
    const replacing = commits.find(({ operation, removes }) => operation === 'REDRIVE' && removes.length > 0)!;
    const newest = Math.max(...[...watch.distinct.values()].map(({ version }) => version));
    assert.ok(newest > replacing.version, 'increments go on after rows were replaced');
    console.log(`${watch.reads} reads of ${watch.distinct.size} rows, ${JSON.stringify([...watch.turns])}`);
  });

  it('leaves every line in one place, what was said before in quarantine, and the audit content', async () => {
    await line.run('dailyRun');
    const report = await line.run<AuditReport>('audit', { scope: 'everything' });
    assert.deepEqual(
      report.checks.filter(({ passed }) => !passed),
      [],
    );
    const lake = line.lake();
    const silver = await rowsIn(lake, 'silver.usage_events', 'event_id');
    assert.deepEqual(
      silver
        .filter((r) => !String(r.event_id).startsWith('live'))
        .map((r) => [r.event_id, r.event_date, r.cost_usd, r.carbon_kg]),
      [
        ['double', '2025-07-20', '20', '0.25'],
        ['early1', '2025-07-20', '1.5', '0.25'],
        ['early2', '2025-07-20', '3', '0.25'],
        ['grown', '2025-07-03', '1.5', '0.25'],
        ['last', '2025-07-05', '1.5', '0.25'],
        ['moved', '2025-07-05', '6', '0.25'],
        ['other', '2025-07-04', '2', '0.25'],
        ['plain', '2025-07-03', '1.5', '0.25'],
      ],
    );
    const kept = (await rowsIn(lake, 'quarantine.usage_events', 'source_file', 'source_row')).filter(
      (r) => r.rule_id === 'event_id_superseded',
    );
    assert.deepEqual(
      kept.map((r) => [String(r.source_file).slice(-7), r.source_row, r.event_id, r.money_held]),
      [
        ['a.jsonl', 2, 'grown', '1.5'],
        ['a.jsonl', 3, 'moved', '4'],
        ['a.jsonl', 6, 'double', '10'],
        ['b.jsonl', 3, 'moved', '5'],
      ],
    );
    const raws = kept.map((r) => Buffer.from(r.raw as never).toString());
    assert.equal(raws[1], eventLine('moved', { cost_usd_increment: 4 }));
    const listed = cpa(line.folder, ['quarantine', 'list', '--lake', 'lake', '--format', 'json']).stdout;
    assert.deepEqual(
      (JSON.parse(listed) as Record<string, unknown>[]).map((r) => [r.rule, r.rows, r.money_held_usd]),
      [
        ['event_id_superseded', 4, '20.500000'],
        ['unparseable', 1, '0.000000'],
        ['cost_missing', 1, '0.000000'],
      ],
    );
  });
});

function rows(held: RedriveResult['before']): (readonly [string, string, number])[] {
  return held.map(({ layer, rule, rows: n }) => [layer, rule, n]);
}

function counts({ tables: [table] }: RedriveResult): number[] {
  const { read, written, unchanged, quarantined, duplicate } = table!;
  return [read, written, unchanged, quarantined, duplicate];
}

/** Events of the days that are re-driven, while that goes on. */
async function producing(landing: RestatedLanding, isOver: () => boolean): Promise<void> {
  const days = ['2025-07-03', '2025-07-04', '2025-07-05', '2025-07-20'];
  for (let n = 0; !isOver(); n++) {
    const lines = days.map((day) => eventLine(`live ${n} ${day}`, { timestamp: `${day}T12:00:00Z` }));
    landing.events(`live-${n}.jsonl`, lines, new Date().toISOString());
    await sleep(250);
  }
}
