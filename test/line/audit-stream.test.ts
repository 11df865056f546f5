/** The audit beside a stream: what a layer has not caught up with is left out and counted, and nothing else is let pass. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { AuditReport } from '../../activities/audit/report.ts';
import type { RunFailed } from '../../cli/run.ts';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import { readFiles } from '../../engine/delta/read.ts';
import { pathOf } from '../../schemas/contract.ts';
import { type TestLine, testLine } from './line.ts';
import { eventLine, type SmallLanding, smallLanding } from './small-landing.ts';
import { swap } from './swap.ts';

const speed = 'gold.org_daily_usage_by_service_speed';
const mart = 'gold.org_daily_usage_by_service';
const now = new Date().toISOString();
const on = (id: string, day: string, change: Readonly<Record<string, unknown>> = {}): string =>
  eventLine(id, { timestamp: `${day}T10:00:00Z`, ...change });

describe('the audit beside a stream', () => {
  let landing: SmallLanding;
  let line: TestLine;
  let stream: WorkflowHandle;

  before(async () => {
    landing = smallLanding();
    landing.events(
      '1.jsonl',
      [1, 2, 3].flatMap((n) => [on(`a${n}`, `2025-07-0${n}`), on(`b${n}`, `2025-07-0${n}`)]),
    );
    line = await testLine({ landing: landing.folder });
    await line.run('dailyRun');
    stream = await line.start('bronzeStream', { mode: 'continuous' });
  });
  after(async () => {
    await stream.signal('stop');
    await stream.result();
    await line.stop();
    landing.remove();
  });

  async function audit(scope: 'changed' | 'everything' = 'everything'): Promise<AuditReport> {
    return line.run<AuditReport>('audit', { scope }).catch((error: unknown) => {
      return (error as RunFailed).result as AuditReport;
    });
  }
  const failing = ({ checks }: AuditReport) => checks.filter((c) => !c.passed).map((c) => c.name);
  const findingOf = ({ checks }: AuditReport, name: string): string =>
    checks.find((c) => c.name === name)?.finding ?? assert.fail(`no check ${name}`);

  it('passes while micro-batches come and runs build them', async () => {
    let ended = false;
    const producing = (async () => {
      for (let n = 0; !ended; n++) {
        const day = `2025-07-0${1 + (n % 5)}`;
        const lines = [on(`p${n}`, day), on(`q${n}`, day, { cost_usd_increment: -5 }), on(`p${n >> 1}`, day), '{'];
        landing.events(`p${n}.jsonl`, lines, now);
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    })();
    const building = (async () => {
      while (!ended) {
        for (const layer of ['silver', 'gold', 'serving']) await line.run(layer);
      }
    })();
    let leftOut = 0;
    for (let n = 0; n < 4; n++) {
      const report = await audit(n % 2 === 0 ? 'everything' : 'changed');
      assert.deepEqual(
        report.checks.filter((c) => !c.passed),
        [],
      );
      leftOut += report.checks.filter((c) => c.finding.includes('not compared')).length;
    }
    ended = true;
    await Promise.all([producing, building]);
    assert.ok(leftOut > 0, 'the stream was never ahead');
  });

  it('says what was not compared, and compares the rest', async () => {
    await line.run('dailyRun');
    landing.events('late.jsonl', [on('late1', '2025-07-02'), on('late2', '2025-07-02'), on('new', '2025-07-09')], now);
    await stream.executeUpdate('drain');
    const report = await audit();
    assert.deepEqual(failing(report), []);
    assert.match(
      findingOf(report, 'silver.usage_events: Bronze rows = Silver rows + quarantined, day by day'),
      /^4 days: .*; 2 days are behind bronze.usage_events and were not compared$/,
    );
    assert.match(
      findingOf(report, `${speed}: events served are no more than the commits they are of brought, day by day`),
      /^2 days: 3 events of 3 rows that the batch layer has not consumed$/,
    );
    await line.run('silver');
    const ahead = await audit();
    assert.deepEqual(failing(ahead), []);
    assert.match(
      findingOf(ahead, 'silver.usage_events: Bronze rows = Silver rows + quarantined, day by day'),
      /^6 days: [^;]*$/,
    );
    assert.match(
      findingOf(ahead, `${mart}: rows of silver.usage_events = sum of event_count`),
      /; 2 days are behind silver.usage_events and were not compared$/,
    );
  });

  it('finds what is wrong with a day that the stream has not touched', async () => {
    const { files } = (await line.lake().table('silver.usage_events').latest())!;
    const back = await swap(line.lake, 'silver.usage_events', [files.find((f) => f.path.includes('2025-07-01'))!], []);
    const found = failing(await audit());
    await back();
    assert.ok(found.includes('silver.usage_events: Bronze rows = Silver rows + quarantined, day by day'));
    assert.ok(found.includes(`${mart}: rows of silver.usage_events = sum of event_count`));
    assert.deepEqual(failing(await audit()), []);
  });

  it('finds increments that are there twice, and none of a version that is not there', async () => {
    const lake = line.lake();
    const { metadata, files } = (await lake.table(speed).latest())!;
    const rows = await readFiles(lake.store, pathOf(speed), metadata, files.slice(0, 1));
    const twice = await writeDataFiles(lake.store, pathOf(speed), metadata, rows, { nowMs: Date.now() });
    const back = await swap(line.lake, speed, [], twice);
    const found = failing(await audit());
    await back();
    assert.deepEqual(found.slice(0, 2), [
      `${speed}: (org_id, usage_date, service_name, bronze_version) is unique`,
      `${speed}: events served are no more than the commits they are of brought, day by day`,
    ]);
    assert.deepEqual(failing(await audit()), []);
  });

  it('compares everything again once the batch layer has caught up', async () => {
    await line.run('dailyRun');
    const report = await audit();
    assert.deepEqual(failing(report), []);
    assert.deepEqual(
      report.checks.filter((c) => /not compared|not counted/.test(c.finding)),
      [],
    );
    assert.equal((await line.lake().table(speed).latest())?.files.length, 0);
  });
});
