import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** The folder that holds the compiled rooms. */
const compiled = fileURLToPath(new URL('../..', import.meta.url));
const rooms = ['activities', 'cli', 'engine', 'schemas', 'serving', 'stack', 'transforms', 'worker', 'workflows'];

function repository(): string {
  let folder = compiled;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

for (const [what, cwd] of [
  ['sources', repository()],
  ['compiled files', compiled],
] as const) {
  test(`no import of the ${what} goes against an arrow between rooms`, () => {
    const program = join(repository(), 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const config = join(repository(), '.dependency-cruiser.cjs');
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--config', config, ...rooms], {
      cwd,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout + stderr);
  });
}
