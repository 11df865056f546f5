/** What is new in landing files, measured on the compute threads. */
import { mapTasks } from './compute/compute.ts';
import type { KnownFile, MeasuredFile, UnreadableFile } from './compute/measure-files.ts';
import type { ActivityContext, Run } from './context.ts';
import { shareBytes } from './ingest-shares.ts';

/** Measures the files, in their order. */
export async function measureLanding(
  { landing, compute, batchBytes }: ActivityContext,
  run: Run,
  files: readonly KnownFile[],
): Promise<{ measured: MeasuredFile[]; unreadable: UnreadableFile[] }> {
  const maxBytes = Math.min(batchBytes, shareBytes);
  const size = Math.max(1, Math.ceil(files.length / (compute.threads * 4)));
  const groups = Array.from({ length: Math.ceil(files.length / size) }, (_, i) =>
    files.slice(i * size, (i + 1) * size),
  );
  const results = await mapTasks(compute, groups, (group) =>
    compute.run('measureFiles', { landing, files: group, maxBytes }, { signal: run.signal }),
  );
  return { measured: results.flatMap((r) => r.files), unreadable: results.flatMap((r) => r.unreadable) };
}
