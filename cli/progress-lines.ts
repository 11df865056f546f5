/** Live progress on a terminal: one line a running piece of work, rewritten in place; plain lines where there is no terminal. */
import type { Client } from '@temporalio/client';
import { type RunningActivity, runningActivities } from './watch.ts';

const refreshMs = 250;
/** Time between two looks where lines cannot be rewritten. */
const plainMs = 2000;

/** Shows progress until `done` settles, then clears it. Gives what `done` gives. */
export async function showProgress<T>(
  client: Client,
  workflowId: string,
  done: Promise<T>,
  out: NodeJS.WriteStream,
): Promise<T> {
  let ended = false;
  let shown = 0;
  let printed = new Set<string>();
  let printedMs = 0;
  const clear = (): void => {
    if (shown > 0) out.write(`\x1b[${shown}A\x1b[0J`);
    shown = 0;
  };
  const settled = done.finally(() => {
    ended = true;
  });
  settled.catch(() => undefined);
  while (!ended) {
    const activities = await runningActivities(client, workflowId).catch(() => []);
    if (ended) break;
    const lines = activities.map((a) => `  ${lineOf(a)}`.slice(0, (out.columns ?? 120) - 1));
    if (out.isTTY) {
      clear();
      if (lines.length > 0) out.write(`${lines.join('\n')}\n`);
      shown = lines.length;
    } else if (Date.now() - printedMs >= plainMs) {
      const fresh = activities.filter((a) => a.progress !== null).map((a) => `  ${lineOf(a)}`);
      for (const text of fresh) if (!printed.has(text)) out.write(`${text}\n`);
      printed = new Set(fresh);
      printedMs = Date.now();
    }
    await Promise.race([settled.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, refreshMs))]);
  }
  clear();
  return settled;
}

function lineOf({ activity, attempt, progress, lastFailure }: RunningActivity): string {
  const again =
    attempt > 1 ? `  attempt ${attempt}${lastFailure === null ? '' : ` after: ${lastFailure.split('\n')[0]}`}` : '';
  if (progress === null) return `${activity}…${again}`;
  const { layer, table, done, total, unit, rows, rowsPerSecond } = progress;
  const share = total === 0 ? '' : `${String(Math.floor((done * 100) / total)).padStart(3)} %`;
  const bar = total === 0 ? '' : `${'━'.repeat(Math.round((done * 20) / total)).padEnd(20, '┈')} `;
  const count =
    unit === 'bytes' ? `${(done / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB` : `${done} of ${total} ${unit}`;
  const speed = rows === 0 ? '' : `  ${rows.toLocaleString('en')} rows  ${rowsPerSecond.toLocaleString('en')} rows/s`;
  return `${layer.padEnd(7)} ${(table === '' ? activity : table).padEnd(38)} ${bar}${share}  ${count}${speed}${again}`;
}
