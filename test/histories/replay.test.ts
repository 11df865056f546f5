/** The code as it is goes on from every stored history; code that asks for other things than the history says does not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DefaultLogger, type ReplayResult, Runtime, Worker } from '@temporalio/worker';
import { workflowBundle } from '../../worker/workflow-bundle.ts';
import * as workflows from '../../workflows/index.ts';
import { startOf, storedHistories } from './stored.ts';

const histories = storedHistories();
const refresh = 'record it: an entry in test/histories/recordings.ts, then `npm run histories -- <its name>`';

describe('stored histories', () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });

  it('are there for every workflow type, named after it', () => {
    const types = new Set([...histories.values()].map((history) => startOf(history).type));
    const missing = Object.keys(workflows).filter((type) => type !== 'default' && !types.has(type));
    assert.deepEqual(missing, [], `no history of ${missing.join(', ')}; ${refresh}`);
    for (const [name, history] of histories) assert.equal(name.split('-')[0], startOf(history).type);
  });

  it('say nothing of the machine that recorded them', () => {
    for (const [name, history] of histories) {
      assert.doesNotMatch(JSON.stringify(history), /stackTrace|\d@|localhost|127\.0\.0\.1/, name);
    }
  });

  it('replay against the code as it is', async () => {
    assert.deepEqual(await failures((code) => code), {});
  });

  it('fail against code that does one thing more', async () => {
    const failed = await failures((code) => withMore(code));
    assert.deepEqual(Object.keys(failed), ['bronzeBatch']);
    assert.match(String(failed.bronzeBatch), /^DeterminismViolationError: .*Nondeterminism error/);
  });

  it('replay against code that asks whether the run is younger than that', async () => {
    assert.deepEqual(await failures((code) => withMore(code, `if (${patched}('one-more')) `)), {});
  });
});

/** As compiled code asks for it in a module that does not import it. */
const patched = '__webpack_require__("./node_modules/@temporalio/workflow/lib/index.js").patched';

/** Bundled code whose `bronzeBatch` runs one more activity at its end, on a condition. */
function withMore(code: string, condition = ''): string {
  const changed = code.replace(
    /await \(0,\s*(\w+)\.enterLedger\)\(tables\);/,
    `$& ${condition}await $1.lake.buildDirty({});`,
  );
  assert.notEqual(changed, code);
  return changed;
}

/** Name → error of the histories that do not replay against the workflows as `changed` leaves them. */
async function failures(changed: (code: string) => string): Promise<Record<string, unknown>> {
  const bundle = await workflowBundle();
  const names = new Map([...histories].map(([name, history]) => [startOf(history).workflowId, name]));
  const results: AsyncIterable<ReplayResult> = Worker.runReplayHistories(
    { workflowBundle: { ...bundle, code: changed(bundle.code) } },
    [...histories.values()].map((history) => ({ workflowId: startOf(history).workflowId, history })),
  );
  const failed: Record<string, unknown> = {};
  for await (const { workflowId, error } of results) if (error !== undefined) failed[names.get(workflowId)!] = error;
  return failed;
}
