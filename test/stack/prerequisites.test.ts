import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startCassandra } from '../../stack/cassandra.ts';
import { checkPrerequisites } from '../../stack/prerequisites.ts';
import { startTemporal } from '../../stack/temporal.ts';
import { temporaryFolder } from './processes.ts';

/** As on a machine where nothing is installed: no program on PATH, and an empty cache. */
function bareMachine(t: TestContext): void {
  const before = { ...process.env };
  Object.assign(process.env, {
    PATH: temporaryFolder(),
    CPA_CACHE: temporaryFolder(),
    JAVA_HOME: '',
    CPA_TEMPORAL_BIN: '',
  });
  t.after(() => {
    process.env = before;
  });
}

const ignore = (): void => undefined;

test('every check says what is there, what is needed, and how to get it; looking leaves nothing behind', async (_t) => {
  const home = temporaryFolder();
  const checks = await checkPrerequisites({ home: join(home, 'not', 'there', 'yet'), lake: home });
  for (const check of checks) {
    for (const text of [check.name, check.found, check.needed, check.howToGet]) assert.notEqual(text, '');
  }
  for (const name of ['Node.js', 'ports', 'write access to CPA_HOME', 'write access to the lake']) {
    assert.equal(checks.find((check) => check.name === name)?.ok, true, name);
  }
  assert.deepEqual(readdirSync(home), []);
});

test('what is missing is found out', async (t) => {
  bareMachine(t);
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const checks = await checkPrerequisites({ home: join(file, 'home'), lake: file });
  const failing = checks.filter((check) => !check.ok).map((check) => check.name);
  for (const name of ['Temporal CLI', 'Java', 'Maven', 'write access to CPA_HOME', 'write access to the lake']) {
    assert.ok(failing.includes(name), `${name} in ${failing}`);
  }
});

test('a server that is configured needs nothing here', async (t) => {
  bareMachine(t);
  const home = temporaryFolder();
  const checks = await checkPrerequisites({ home, lake: home, temporalConfigured: true, cassandraConfigured: true });
  assert.deepEqual(
    checks.filter((check) => ['Temporal CLI', 'Java', 'Maven'].includes(check.name)),
    [],
  );
});

test('without Java, Cassandra is not started, and the error says how to get it', async (t) => {
  bareMachine(t);
  await assert.rejects(startCassandra({ home: temporaryFolder(), log: ignore }), (error: Error) => {
    assert.match(error.message, /needs Java 17, but no java found; install .*or set CASSANDRA_CONTACT_POINTS/);
    return true;
  });
});

test('with another Java too', async (t) => {
  bareMachine(t);
  const bin = process.env.PATH ?? '';
  writeFileSync(join(bin, 'java'), '#!/bin/sh\necho \'openjdk version "21.0.2" 2024-01-16\' >&2\n', { mode: 0o755 });
  await assert.rejects(
    startCassandra({ home: temporaryFolder(), log: ignore }),
    /needs Java 17, but .*java is Java 21/,
  );
});

test('without Maven, Cassandra is not downloaded', async (t) => {
  bareMachine(t);
  const bin = process.env.PATH ?? '';
  writeFileSync(join(bin, 'java'), '#!/bin/sh\necho \'openjdk version "17.0.1" 2021-10-19\' >&2\n', { mode: 0o755 });
  await assert.rejects(startCassandra({ home: temporaryFolder(), log: ignore }), /mvn is not on PATH; install .*Maven/);
});

test('without Python, Temporal is not downloaded', async (t) => {
  bareMachine(t);
  const starting = startTemporal({ home: temporaryFolder(), log: ignore });
  await assert.rejects(starting, /neither temporal nor python3 is on PATH; install .*or set TEMPORAL_ADDRESS/);
});
