import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { accepts, freePorts, keptPorts, portIsFree } from '../../stack/ports.ts';

test('free ports are different and can be listened on', async () => {
  const ports = await freePorts(20);
  assert.equal(new Set(ports).size, 20);
  const port = ports[0] ?? 0;
  assert.equal(await portIsFree(port), true);
  assert.equal(await accepts('127.0.0.1', port), false);
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  assert.equal(await portIsFree(port), false);
  assert.equal(await accepts('127.0.0.1', port), true);
  server.close();
});

test('ports are kept from one start to the next, until somebody else has one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cpa-ports-'));
  const file = join(folder, 'ports.json');
  const first = await keptPorts(file, 2);
  assert.deepEqual(await keptPorts(file, 2), first);
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(first[1], '127.0.0.1', resolve));
  const next = await keptPorts(file, 2);
  assert.ok(!next.includes(first[1] ?? 0));
  assert.deepEqual(await keptPorts(file, 2), next);
  await new Promise((resolve) => other.close(resolve));
  await rm(folder, { recursive: true });
});
