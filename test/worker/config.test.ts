import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../worker/config.ts';

test('metrics are served at an IP address and a port', () => {
  assert.equal(loadConfig({}).metricsAddress, null);
  for (const address of ['127.0.0.1:9464', '0.0.0.0:1', '[::1]:65535'])
    assert.equal(loadConfig({ CPA_METRICS_ADDRESS: address }).metricsAddress, address);
  for (const address of ['9464', ':9464', 'localhost:9464', '127.0.0.1', '127.0.0.1:0', '127.0.0.1:65536', '::1:9464'])
    assert.throws(() => loadConfig({ CPA_METRICS_ADDRESS: address }), {
      message: `CPA_METRICS_ADDRESS="${address}" is not valid: expected an IP address and a port, such as 127.0.0.1:9464`,
    });
});
