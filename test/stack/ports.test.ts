import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { accepts, freePorts, portIsFree } from '../../stack/ports.ts';

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
