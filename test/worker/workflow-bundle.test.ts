import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { bundleOf } from '../../worker/workflow-bundle.ts';

const kept = '.workflow-bundle.json';

describe('the bundle of workflows', () => {
  let code: string;

  beforeEach(() => {
    // Where the packages are found that every bundle has.
    code = mkdtempSync(join(import.meta.dirname, 'bundle-'));
    mkdirSync(join(code, 'workflows'));
    workflow('first');
  });
  afterEach(() => rmSync(code, { recursive: true, force: true }));

  it('is kept until the code changes, and made where it cannot be kept', async () => {
    const made = await bundleOf(code);
    assert.match(made.code, /'first'/);
    const { state } = JSON.parse(readFileSync(join(code, kept), 'utf8')) as { state: string };
    writeFileSync(join(code, kept), JSON.stringify({ state, bundle: { code: 'kept', sourceMap: '' } }));
    assert.equal((await bundleOf(code)).code, 'kept');
    workflow('another one');
    rmSync(join(code, kept));
    mkdirSync(join(code, kept));
    assert.match((await bundleOf(code)).code, /'another one'/);
    assert.deepEqual(readdirSync(code).sort(), [kept, 'workflows']);
  });

  function workflow(result: string): void {
    writeFileSync(join(code, 'workflows', 'index.js'), `export async function aWorkflow() { return '${result}'; }\n`);
  }
});
