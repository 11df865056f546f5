/** Event files as they come in the wild: in folders, compressed, replaced, deleted, damaged, and very many. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { auditBronze } from '../../activities/audit/bronze-checks.ts';
import type { AuditScope } from '../../activities/audit/scope.ts';
import { type DrainResult, drainEvents } from '../../activities/bronze-events.ts';
import { columnsOf, tableOf } from '../../engine/columnar/table.ts';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { metadataOf, pathOf } from '../../schemas/contract.ts';
import { landingFiles } from '../../schemas/ops.ts';
import { freshProcess, type Process, run } from '../faults/steps.ts';
import { eventLine } from './small-landing.ts';
import { quarantined, readTable, rowsIn } from './tables.ts';

const stream = 'usage_events_stream';
const root = mkdtempSync(join(tmpdir(), 'cpa-shapes-'));
let zones = 0;
let landing = '';
let process_: Process;
let runs = 0;

/** A landing zone and a lake of their own. */
function begin(batchBytes = 1 << 20): void {
  landing = join(root, `landing-${zones}`);
  mkdirSync(join(landing, stream), { recursive: true });
  process_ = freshProcess(join(root, `lake-${zones++}`), landing, batchBytes);
}

const lake = (): Lake => process_.context.lake;
const drain = (): Promise<DrainResult> => drainEvents(process_.context, { ...run, runId: `${runs++}` }, process_.index);
const placeOf = (file: string): string => join(landing, stream, file);
const line = (id: string): string => `${eventLine(id)}\n`;

function put(file: string, content: string | Uint8Array, at = '2025-08-01T00:00:00Z'): void {
  mkdirSync(dirname(placeOf(file)), { recursive: true });
  writeFileSync(placeOf(file), content);
  utimesSync(placeOf(file), new Date(at), new Date(at));
}

async function ids(): Promise<string[]> {
  return (await rowsIn(lake(), 'bronze.usage_events', 'event_id')).map((r) => String(r.event_id));
}

async function hash(): Promise<string> {
  const { compute, lakeRoot } = process_.context;
  const table = 'bronze.usage_events';
  const { metadata, files } = (await lake().table(table).latest())!;
  const { hash: content, rows } = await compute.run('hashTable', { lake: lakeRoot, table, metadata, files });
  return `${content} (${rows} rows)`;
}

/** Findings of the Bronze checks of the audit of everything; none when all pass. */
async function failedChecks(): Promise<(string | null)[]> {
  const snapshots = new Map();
  for (const name of ['bronze.usage_events', 'quarantine.usage_events']) {
    const snapshot = await lake().table(name).latest();
    if (snapshot !== null) snapshots.set(name, snapshot);
  }
  const scope = { kind: 'everything', snapshots } as unknown as AuditScope;
  return (await auditBronze(process_.context, run, scope)).filter((c) => !c.passed).map((c) => c.finding ?? c.name);
}

describe('event files in the wild', () => {
  beforeEach(() => begin());
  after(() => rmSync(root, { recursive: true }));

  it('in folders, compressed, grown, replaced and deleted give the rows that flat files with the same lines give', async () => {
    begin(600);
    const e = Array.from({ length: 22 }, (_, i) => line(`e${i + 10}`));
    put('flat.jsonl', e[0]! + e[1]!);
    put('2025/08/14/x.jsonl', `${e[2]!}not a row\n${e[3]!}`);
    put('date=2025-08-15/y.jsonl.gz', Buffer.concat([gzipSync(e[4]! + e[5]!.slice(0, 20)), gzipSync(e[5]!.slice(20))]));
    put('deleted.jsonl', e[6]!);
    put('deleted/too.jsonl.gz', gzipSync(e[7]!));
    put('shorter.jsonl', e[8]! + e[9]!);
    put('longer.jsonl', e[10]!);
    put('same-size.jsonl', e[11]!);
    put('other.jsonl.gz', gzipSync(e[12]!));
    for (const left of ['_a.jsonl', '.b.jsonl', 'c.jsonl.tmp', 'd.part/d.jsonl', '_tmp/e.jsonl.gz'])
      put(left, line('left'));
    const first = await drain();
    assert.deepEqual([first.read, first.written, first.quarantined, first.unreadableFiles], [14, 13, 1, 0]);
    assert.deepEqual(await failedChecks(), []);

    unlinkSync(placeOf('deleted.jsonl'));
    rmSync(placeOf('deleted'), { recursive: true });
    const later = '2025-08-02T00:00:00Z';
    put('shorter.jsonl', e[13]!, later);
    put('longer.jsonl', e[14]! + e[15]! + e[10]!, later);
    put('same-size.jsonl', e[16]!, later);
    put('other.jsonl.gz', gzipSync(e[17]! + e[18]!), later);
    appendFileSync(placeOf('2025/08/14/x.jsonl'), e[19]!);
    appendFileSync(placeOf('date=2025-08-15/y.jsonl.gz'), gzipSync(e[20]! + e[21]!.trimEnd()));
    process_ = freshProcess(process_.context.lakeRoot, landing, 600);
    const second = await drain();
    assert.deepEqual(
      second.replaced.toSorted(),
      ['longer.jsonl', 'other.jsonl.gz', 'same-size.jsonl', 'shorter.jsonl'].map((file) => `${stream}/${file}`),
    );
    assert.deepEqual([second.read, second.written, second.duplicate, second.unreadableFiles], [10, 9, 1, 0]);
    const third = await drain();
    assert.deepEqual([third.batches, third.replacedFiles, third.unreadableFiles], [0, 0, 0]);
    assert.deepEqual(await failedChecks(), []);

    const rows = await rowsIn(lake(), 'bronze.usage_events', 'event_id');
    const places = rows.map((r) => [r.event_id, r.source_file, r.source_generation, r.source_row, r.source_offset]);
    const place = (id: number) => places.find((p) => p[0] === `e${id + 10}`)!.slice(1);
    const y = `${stream}/date=2025-08-15/y.jsonl.gz`;
    assert.deepEqual(place(3), [`${stream}/2025/08/14/x.jsonl`, 1, 3, e[2]!.length + 10]);
    assert.deepEqual(place(5), [y, 1, 2, e[4]!.length]);
    assert.deepEqual(place(21), [y, 1, 4, e[4]!.length * 3]);
    assert.deepEqual(place(18), [`${stream}/other.jsonl.gz`, 2, 2, e[17]!.length]);
    assert.deepEqual(place(8), [`${stream}/shorter.jsonl`, 1, 1, 0]);
    assert.deepEqual(await quarantined(lake()), [['2025/08/14/x.jsonl', 2, 'unparseable', 'not JSON']]);
    const raw = (await rowsIn(lake(), 'quarantine.usage_events'))[0]!.raw;
    assert.equal(Buffer.from(raw as unknown as Uint8Array).toString(), 'not a row');

    const wild = await hash();
    begin();
    put('all.jsonl', e.join(''));
    await drain();
    assert.equal(await hash(), wild);
  });

  it('of which a compressed one takes several micro-batches come whole, also when the run ends in between', async () => {
    begin(2000);
    const all = Array.from({ length: 40 }, (_, i) => line(`e${i + 10}`));
    put('z.jsonl.gz', gzipSync(all.join('')));
    const { context, index } = process_;
    let shares = 0;
    const compute = {
      ...context.compute,
      run: ((task: never, input: never, options: never) => {
        if ((task as string) === 'ingestEvents' && shares++ === 1) throw new Error('the end of the process');
        return context.compute.run(task, input, options);
      }) as typeof context.compute.run,
    };
    await assert.rejects(drainEvents({ ...context, compute }, run, index), /the end of the process/);
    assert.equal((await ids()).length, 8);
    process_ = freshProcess(context.lakeRoot, landing, 2000);
    await drain();
    assert.deepEqual(
      await ids(),
      Array.from({ length: 40 }, (_, i) => `e${i + 10}`),
    );
    const planned = await rowsIn(lake(), landingFiles.name, 'batch');
    assert.deepEqual(
      planned.map((r) => r.file_size !== null),
      [false, false, false, false, true],
    );
    assert.equal((await drain()).batches, 0);
  });

  it('that are damaged or cut off are reported each time, hold up nothing, and are taken once they are whole', async () => {
    const whole = gzipSync(line('z1') + line('z2'));
    put('cut.jsonl.gz', whole.subarray(0, -9));
    put('damaged.jsonl.gz', Buffer.concat([gzipSync(line('d1')), Buffer.from('\u0000\u0001garbage')]));
    put('empty.jsonl.gz', '');
    put('good.jsonl', line('good'));
    for (const written of [1, 0]) {
      const { unreadable, unreadableFiles, ...result } = await drain();
      assert.equal(unreadableFiles, 3);
      assert.deepEqual(
        unreadable.map((u) => u.file),
        ['cut', 'damaged', 'empty'].map((name) => `${stream}/${name}.jsonl.gz`),
      );
      for (const { error } of unreadable) assert.match(error, /^not a whole gzip file/);
      assert.equal(result.written, written);
    }
    put('cut.jsonl.gz', whole);
    put('damaged.jsonl.gz', gzipSync(line('d1')));
    unlinkSync(placeOf('empty.jsonl.gz'));
    const { unreadableFiles, replacedFiles } = await drain();
    assert.deepEqual([unreadableFiles, replacedFiles], [0, 0]);
    assert.deepEqual(await ids(), ['d1', 'good', 'z1', 'z2']);
    // Damaged after it was read.
    put('cut.jsonl.gz', whole.subarray(0, -9), '2025-08-03T00:00:00Z');
    const { unreadable } = await drain();
    assert.deepEqual(unreadable, [
      { file: `${stream}/cut.jsonl.gz`, error: 'not a whole gzip file: unexpected end of file' },
    ]);
    assert.deepEqual(await failedChecks(), []);
  });

  it('whose last line is unfinished are waiting at every run, compressed or not', async () => {
    put('a.jsonl', line('a1') + line('a2').slice(0, 30));
    put('b.jsonl.gz', gzipSync(line('b1') + line('b2').slice(0, 40)));
    for (const batches of [1, 0, 0]) {
      const result = await drain();
      assert.deepEqual([result.batches, result.waitingBytes], [batches, 70]);
    }
    put('a.jsonl', line('a1') + line('a2'));
    put('b.jsonl.gz', gzipSync(line('b1') + line('b2')));
    const { batches, waitingBytes, read, replacedFiles } = await drain();
    assert.deepEqual([batches, waitingBytes, read, replacedFiles], [1, 0, 2, 0]);
  });

  it('are known in a lake from before their sizes were recorded, which gets the column', async () => {
    put('a.jsonl', line('a1'));
    await drain();
    const planned = await readTable(lake(), landingFiles.name);
    const full = metadataOf(landingFiles);
    const old = { ...full, columns: full.columns.filter((c) => c.name !== 'file_size') };
    const { file_size: _, ...columns } = columnsOf(planned);
    process_ = freshProcess(join(root, `lake-${zones++}`), landing, 1 << 20);
    const path = pathOf(landingFiles.name);
    await lake()
      .table(landingFiles.name)
      .commit({
        base: null,
        reads: { kind: 'table' },
        adds: await writeDataFiles(lake().store, path, old, tableOf(columns, old.columns), { nowMs: 0 }),
        removes: [],
        txns: { stream: 0 },
        identity: 'stream',
        metadata: old,
        dataChange: true,
        operation: 'STREAMING UPDATE',
        info: {},
      });
    await drain();
    assert.deepEqual(await ids(), ['a1']);
    put('b.jsonl.gz', gzipSync(line('b1')));
    assert.equal((await drain()).read, 1);
    const rows = await rowsIn(lake(), landingFiles.name, 'batch');
    assert.deepEqual(
      rows.map((r) => r.file_size),
      [null, gzipSync(line('b1')).length],
    );
    assert.equal((await drain()).batches, 0);
    assert.deepEqual(await ids(), ['a1', 'b1']);
  });

  it('that are gone when their turn comes, and come back as they were, are read then', async () => {
    begin(2000);
    put('before.jsonl', line('before'));
    put('kept.jsonl', line('kept1'));
    await drain();
    const all = Array.from({ length: 20 }, (_, i) => line(`e${i + 10}`)).join('');
    const files: [string, string | Uint8Array][] = [
      ['gone.jsonl', all],
      ['kept.jsonl', line('kept1') + line('kept2')],
      ['zip/gone.jsonl.gz', gzipSync(line('z1') + line('z2'))],
    ];
    for (const [file, content] of files) put(file, content);
    const { context, index } = process_;
    const compute = {
      ...context.compute,
      run: ((task: never, input: never, options: never) => {
        // As when a mount goes away between the plan and the reading.
        if ((task as string) === 'ingestEvents') renameSync(landing, `${landing}-away`);
        const result = context.compute.run(task, input, options);
        return result.finally(() => existsSync(`${landing}-away`) && renameSync(`${landing}-away`, landing));
      }) as typeof context.compute.run,
    };
    const lost = await drainEvents({ ...context, compute }, { ...run, runId: `${runs++}` }, index);
    assert.deepEqual([lost.read, lost.unreadableFiles > 2], [0, true]);
    assert.deepEqual(await failedChecks(), []);
    // Known from the lake alone.
    process_ = freshProcess(context.lakeRoot, landing, 2000);
    const { unreadableFiles, written, duplicate } = await drain();
    assert.deepEqual({ unreadableFiles, written, duplicate }, { unreadableFiles: 0, written: 23, duplicate: 1 });
    assert.equal((await ids()).length, 25);
    assert.equal((await drain()).batches, 0);
    assert.deepEqual(await failedChecks(), []);
  });

  it('that hold late events say how late, over all micro-batches of the run', async () => {
    begin(600);
    const at = (id: string, timestamp: string): string => `${eventLine(id, { timestamp })}\n`;
    put('a.jsonl', at('newest', '2025-07-31T12:00:00Z'));
    assert.deepEqual((await drain()).lateness, [0, 0, 0, 0]);
    const days = ['07-30T12', '07-30T11', '07-29T12', '07-29T11', '07-23T12', '07-01T00', '06-30T11', '01-01T00'];
    put('b.jsonl', days.map((day, i) => at(`late${i}`, `2025-${day}:00:00Z`)).join(''));
    put('c.jsonl', at('late1', '2025-07-30T11:00:00Z'));
    const { late, lateness, duplicate, batches } = await drain();
    assert.deepEqual(
      { late, lateness, duplicate, batches },
      { late: 7, lateness: [2, 2, 1, 2], duplicate: 1, batches: 5 },
    );
    assert.deepEqual((await drain()).lateness, [0, 0, 0, 0]);
    // Another delay: later than an hour is late.
    put('d.jsonl', at('hour', '2025-07-31T11:00:00Z') + at('later', '2025-07-31T10:59:59Z'));
    const context = { ...process_.context, watermarkDelayMs: 3_600_000 };
    assert.deepEqual(
      (await drainEvents(context, { ...run, runId: `${runs++}` }, process_.index)).lateness,
      [1, 0, 0, 0],
    );
  });

  it('may be ten thousand of an event or two each', async () => {
    const expected: string[] = [];
    for (let i = 0; i < 10_000; i++) {
      const n = 10_000 + i;
      if (i % 100 === 0) mkdirSync(placeOf(`hour=${i / 100}`));
      writeFileSync(placeOf(`hour=${Math.floor(i / 100)}/${n}.jsonl`), line(`${n}a`) + (i % 2 ? line(`${n}b`) : ''));
      expected.push(`${n}a`, ...(i % 2 ? [`${n}b`] : []));
    }
    const startMs = performance.now();
    const { read, written, batches } = await drain();
    const firstMs = performance.now() - startMs;
    assert.deepEqual([read, written, batches], [15_000, 15_000, 5]);
    assert.deepEqual(await ids(), expected);
    const againMs = performance.now();
    assert.equal((await drain()).batches, 0);
    console.log(
      `10,000 files: ${(firstMs / 1000).toFixed(1)} s; again: ${((performance.now() - againMs) / 1000).toFixed(2)} s`,
    );
    assert.deepEqual(await failedChecks(), []);
  });
});
