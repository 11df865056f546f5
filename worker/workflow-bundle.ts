/** The workflows as one script, as workers run them. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';

let bundled: Promise<WorkflowBundleWithSourceMap> | null = null;

/** The bundle: that of a worker before this one where the code is the same, since making one takes some seconds. */
export function workflowBundle(): Promise<WorkflowBundleWithSourceMap> {
  bundled ??= bundleOf(join(import.meta.dirname, '..'));
  return bundled;
}

/** The bundle of the workflows in a folder of compiled code, which also keeps it. */
export async function bundleOf(code: string): Promise<WorkflowBundleWithSourceMap> {
  const place = join(code, '.workflow-bundle.json');
  const state = stateOf(code);
  const kept = keptAt(place);
  if (kept?.state === state) return kept.bundle;
  const bundle = await made(join(code, 'workflows', 'index.js'));
  keep(place, { state, bundle });
  return bundle;
}

interface Kept {
  /** Of the code that the bundle was made of. */
  readonly state: string;
  readonly bundle: WorkflowBundleWithSourceMap;
}

/** Changes with whatever goes into the bundle: compiled files by size and time, and the installed packages. */
function stateOf(code: string): string {
  const files = readdirSync(code, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
  const installed = join('..', 'node_modules', '.package-lock.json');
  const states = [...files.sort(), installed].map((file) => {
    const stat = statSync(join(code, file), { throwIfNoEntry: false });
    return [file, stat?.size, stat?.mtimeMs];
  });
  return JSON.stringify(states);
}

function keptAt(place: string): Kept | null {
  try {
    return JSON.parse(readFileSync(place, 'utf8')) as Kept;
  } catch {
    return null;
  }
}

/** Keeps a bundle where that is possible: an installation may be read-only. */
function keep(place: string, kept: Kept): void {
  const written = `${place}.${randomUUID()}`;
  try {
    writeFileSync(written, JSON.stringify(kept));
    renameSync(written, place);
  } catch {
    rmSync(written, { force: true });
  }
}

/** On a thread of its own: what the bundler leaves in memory would be gone through by every garbage collection of the worker. */
async function made(workflowsPath: string): Promise<WorkflowBundleWithSourceMap> {
  const thread = new Worker(new URL('./bundle-thread.js', import.meta.url), { workerData: workflowsPath });
  const [bundle] = (await once(thread, 'message')) as [WorkflowBundleWithSourceMap];
  await thread.terminate();
  return bundle;
}
