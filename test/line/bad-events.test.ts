/** Event files with everything wrong that a file can have: what becomes of each line, and that the others go on. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, rmdirSync, symlinkSync, unlinkSync, utimesSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { AuditReport } from '../../activities/audit/report.ts';
import type { RunFailed } from '../../cli/run.ts';
import { valuesOf } from '../../engine/columnar/column-of.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import type { DailyRunResult } from '../../workflows/daily-run.ts';
import type { StreamResult } from '../../workflows/stream-result.ts';
import { type TestLine, testLine } from './line.ts';
import { eventLine, type SmallLanding, smallLanding } from './small-landing.ts';
import { quarantined, readTable, rowsIn } from './tables.ts';

const stream = 'usage_events_stream';

describe('event files with everything wrong', () => {
  let landing: SmallLanding;
  let line: TestLine;
  let first: DailyRunResult;

  before(async () => {
    landing = smallLanding();
    landing.events('empty.jsonl', '');
    landing.events('blank.jsonl', `\n  \n\t\r\n${eventLine('blank1')}\n\n`);
    landing.events('bom.jsonl', `\ufeff${eventLine('bom1')}\n${eventLine('bom2')}\n`);
    landing.events('bom-alone.jsonl', `\ufeff${eventLine('bom3')}`);
    landing.events('crlf.jsonl', `${eventLine('crlf1')}\r\n{"event_id"\r\n${eventLine('crlf2')}\r\n`);
    landing.events('truncated.jsonl', `${eventLine('truncated1')}\n${eventLine('truncated2').slice(0, 40)}`);
    landing.events('whole.jsonl', `${eventLine('whole1')}\n${eventLine('whole2')}`);
    landing.events('long-last.jsonl', eventLine('long', { note: 'x'.repeat(100_000) }));
    const invalid = Buffer.from(`${eventLine('utf8', { region: '?' })}\n${eventLine('utf8ok')}\n`);
    invalid[invalid.indexOf('?')] = 0xff;
    landing.events('utf8.jsonl', invalid);
    landing.events('huge.jsonl', [eventLine('huge', { note: 'x'.repeat(10_000_000) }), eventLine('after')]);
    landing.events('nested.jsonl', [
      eventLine('nested1', { value: { amount: 3 } }),
      eventLine('nested2', { value: [3] }),
      eventLine('nested3', { region: ['us', 'eu'], tags: { a: [1, { b: null }] } }),
      eventLine('nested4', { cost_usd_increment: [1] }),
      eventLine('nested5', { org_id: { id: 'org_a' } }),
    ]);
    landing.events('repeated.jsonl', [
      `${eventLine('repeated1').slice(0, -1)},"cost_usd_increment":7,"event_id":"repeated2"}`,
    ]);
    landing.events('numbers.jsonl', [
      eventLine('numbers1', { cost_usd_increment: '1e3' }),
      eventLine('numbers2', { cost_usd_increment: '-0' }),
      eventLine('numbers3').replace('"value":10', '"value":NaN'),
      eventLine('numbers4').replace('"value":10', '"value":1e30'),
      eventLine('numbers5').replace('1.5', `0.${'1'.repeat(40)}`),
      eventLine('numbers6').replace('"value":10', `"value":${'9'.repeat(40)}`),
      eventLine('numbers7', { value: '' }),
      eventLine('numbers8').replace('1.5', '-0.010000000000000000000000000001'),
    ]);
    landing.events('service.jsonl', [eventLine('service1', { service: 'teleport' })]);
    line = await testLine({ landing: landing.folder });
    first = await line.run<DailyRunResult>('dailyRun');
  });
  after(async () => {
    await line.stop();
    landing.remove();
  });

  it('puts each bad line into quarantine, with its place, its rule and the reason', async () => {
    assert.deepEqual(await quarantined(line.lake()), [
      ['crlf.jsonl', 2, 'unparseable', 'not JSON'],
      ['huge.jsonl', 1, 'unparseable', 'a line of 10000249 bytes, more than 1048576'],
      ['nested.jsonl', 1, 'value_not_numeric', 'A value is present but is not a number: {"amount":3}'],
      ['nested.jsonl', 2, 'value_not_numeric', 'A value is present but is not a number: [3]'],
      ['nested.jsonl', 4, 'cost_missing', 'The cost is missing or not numeric: [1]'],
      ['nested.jsonl', 5, 'org_id_missing', 'The event names no organisation: {"id":"org_a"}'],
      ['numbers.jsonl', 3, 'unparseable', 'not JSON'],
      ['numbers.jsonl', 4, 'value_out_of_range', 'value is a number its type cannot hold: 1e+30'],
      ['numbers.jsonl', 6, 'value_out_of_range', 'value is a number its type cannot hold: 1e+40'],
      ['utf8.jsonl', 1, 'unparseable', 'not UTF-8'],
    ]);
  });

  it('keeps the raw bytes of a bad line: all of a short one, 64 KiB of a long one', async () => {
    const table = await readTable(line.lake(), 'quarantine.usage_events');
    const [files, rows, raws, lengths] = ['source_file', 'source_row', 'raw', 'byte_length'].map((name) =>
      valuesOf(columnOf(table, name)),
    );
    const rawOf = (file: string, row: number) => {
      const i = files!.findIndex((f, n) => f === `${stream}/${file}` && Number(rows![n]) === row);
      return { raw: Buffer.from(raws![i] as Uint8Array), length: Number(lengths![i]) };
    };
    assert.deepEqual(rawOf('crlf.jsonl', 2), { raw: Buffer.from('{"event_id"'), length: 11 });
    const huge = eventLine('huge', { note: 'x'.repeat(10_000_000) });
    assert.deepEqual(rawOf('huge.jsonl', 1), { raw: Buffer.from(huge.slice(0, 65_536)), length: huge.length });
    assert.equal(rawOf('utf8.jsonl', 1).raw.includes(0xff), true);
  });

  it('takes every other line', async () => {
    const rows = await rowsIn(line.lake(), 'silver.usage_events', 'event_id');
    assert.deepEqual(
      rows.map((r) => [r.event_id, r.value, r.cost_usd, r.service, r.flags]),
      [
        ['after', '10', '1.5', 'compute', null],
        ['blank1', '10', '1.5', 'compute', null],
        ['bom1', '10', '1.5', 'compute', null],
        ['bom2', '10', '1.5', 'compute', null],
        ['bom3', '10', '1.5', 'compute', null],
        ['crlf1', '10', '1.5', 'compute', null],
        ['crlf2', '10', '1.5', 'compute', null],
        ['long', '10', '1.5', 'compute', null],
        ['nested3', '10', '1.5', 'compute', 'wrong_type'],
        ['numbers1', '10', '1000', 'compute', null],
        ['numbers2', '10', '0', 'compute', null],
        ['numbers5', '10', '0.111111', 'compute', 'rounded'],
        ['numbers7', null, '1.5', 'compute', null],
        ['numbers8', '10', '-0.01', 'compute', 'rounded'],
        ['repeated2', '10', '7', 'compute', 'repeated_key'],
        ['service1', '10', '1.5', 'teleport', 'unknown_service'],
        ['truncated1', '10', '1.5', 'compute', null],
        ['utf8ok', '10', '1.5', 'compute', null],
        ['whole1', '10', '1.5', 'compute', null],
        ['whole2', '10', '1.5', 'compute', null],
      ],
    );
    const places = await rowsIn(line.lake(), 'bronze.usage_events', 'event_id');
    assert.deepEqual(
      places
        .filter((r) => /^(blank|bom|crlf|whole)/.test(String(r.event_id)))
        .map((r) => [r.event_id, r.source_row, r.source_offset, r.source_length]),
      [
        ['blank1', 4, 7, 241],
        ['bom1', 1, 3, 239],
        ['bom2', 2, 243, 239],
        ['bom3', 1, 3, 239],
        ['crlf1', 1, 0, 240],
        ['crlf2', 3, 255, 240],
        ['whole1', 1, 0, 241],
        ['whole2', 2, 242, 241],
      ],
    );
    assert.deepEqual(
      places.filter((r) => r.rescued !== null).map((r) => [r.event_id, r.rescued]),
      [
        ['long', `{"note":"${'x'.repeat(100_000)}"}`],
        ['nested1', '{"value":{"amount":3}}'],
        ['nested2', '{"value":[3]}'],
        ['nested3', '{"region":["us","eu"],"tags":{"a":[1,{"b":null}]}}'],
        ['nested4', '{"cost_usd_increment":[1]}'],
        ['nested5', '{"org_id":{"id":"org_a"}}'],
        ['numbers4', '{"value":1e30}'],
        ['numbers5', '{"cost_usd_increment":0.1111111111111111111111111111111111111111}'],
        ['numbers6', '{"value":9999999999999999999999999999999999999999}'],
        ['numbers8', '{"cost_usd_increment":-0.010000000000000000000000000001}'],
        ['repeated2', '{"_repeated":["event_id","cost_usd_increment"]}'],
      ],
    );
  });

  it('balances, and passes the audit of everything', async () => {
    assert.equal(first.audit?.passed, true);
    const report = await line.run<AuditReport>('audit', { scope: 'everything' });
    assert.deepEqual(
      report.checks.filter((c) => !c.passed),
      [],
    );
  });

  it('waits for the rest of a last line, and takes it when it came', async () => {
    const waiting = await line.run<StreamResult>('bronzeStream');
    assert.deepEqual([waiting.batches, waiting.waitingBytes], [0, 40]);
    appendFileSync(landing.path(`${stream}/truncated.jsonl`), `${eventLine('truncated2').slice(40)}\n`);
    appendFileSync(landing.path(`${stream}/whole.jsonl`), `\n${eventLine('whole3')}\n`);
    const taken = await line.run<StreamResult>('bronzeStream');
    assert.deepEqual(
      [taken.batches, taken.waitingBytes, taken.tables[0]?.read, taken.tables[0]?.written],
      [1, 0, 2, 2],
    );
    const rows = await rowsIn(line.lake(), 'bronze.usage_events', 'event_id');
    assert.deepEqual(
      rows.filter((r) => ['truncated2', 'whole3'].includes(String(r.event_id))).map((r) => [r.event_id, r.source_row]),
      [
        ['truncated2', 2],
        ['whole3', 3],
      ],
    );
  });

  it('goes on where a file cannot be read, and fails at the end naming it', async () => {
    mkdirSync(landing.path(`${stream}/folder.jsonl`));
    symlinkSync('/nowhere/at/all', landing.path(`${stream}/dangling.jsonl`));
    landing.events('readable.jsonl', [eventLine('readable1')]);
    const failed = await line.run('dailyRun').then(
      () => assert.fail('the run did not fail'),
      (error: unknown) => error as RunFailed,
    );
    assert.match(failed.message, /folder\.jsonl: EISDIR/);
    assert.match(failed.message, /dangling\.jsonl: ENOENT/);
    const result = failed.result as DailyRunResult;
    assert.equal(result.audit?.passed, true);
    const rows = await rowsIn(line.lake(), 'silver.usage_events');
    assert.ok(rows.some((r) => r.event_id === 'readable1'));
    rmdirSync(landing.path(`${stream}/folder.jsonl`));
    unlinkSync(landing.path(`${stream}/dangling.jsonl`));
    await line.run('dailyRun');
  });

  it('takes a file replaced under the same name as a new generation: new rows come, old ones stay', async () => {
    landing.events('service.jsonl', [eventLine('service2'), eventLine('service3')], '2025-08-02T00:00:00Z');
    const replaced = await line.run<StreamResult>('bronzeStream');
    assert.deepEqual(replaced.replaced, [`${stream}/service.jsonl`]);
    assert.equal(replaced.tables[0]?.written, 2);
    const rows = await rowsIn(line.lake(), 'bronze.usage_events', 'event_id');
    assert.deepEqual(
      rows
        .filter((r) => String(r.event_id).startsWith('service'))
        .map((r) => [r.event_id, r.source_generation, r.source_row]),
      [
        ['service1', 1, 1],
        ['service2', 2, 1],
        ['service3', 2, 2],
      ],
    );
    assert.deepEqual((await line.run<StreamResult>('bronzeStream')).replaced, []);
    const { audit } = await line.run<DailyRunResult>('dailyRun');
    assert.equal(audit?.passed, true);
  });

  it('loses nothing when a file is deleted after it was read', async () => {
    const before = (await rowsIn(line.lake(), 'bronze.usage_events')).length;
    unlinkSync(landing.path(`${stream}/crlf.jsonl`));
    unlinkSync(landing.path(`${stream}/numbers.jsonl`));
    landing.events('later.jsonl', [eventLine('later1')]);
    await line.run<DailyRunResult>('dailyRun');
    assert.equal((await rowsIn(line.lake(), 'bronze.usage_events')).length, before + 1);
    const report = await line.run<AuditReport>('audit', { scope: 'everything' });
    assert.equal(report.passed, true);
    assert.match(
      report.checks.find((c) => c.name.includes('lines in the landing files'))?.finding ?? '',
      /^2 of 15 landing files are gone, 1 were replaced/,
    );
  });

  it('reads a file again whose time changed, and finds nothing new', async () => {
    utimesSync(landing.path(`${stream}/blank.jsonl`), new Date(), new Date());
    const again = await line.run<StreamResult>('bronzeStream');
    assert.deepEqual([again.batches, again.replaced], [0, []]);
  });
});
