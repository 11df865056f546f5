/** How long building takes, judged by the last works on a table. */
import type { Lake } from '../../engine/delta/lake.ts';
import { workOf } from '../commit-info.ts';

/** Commits that are looked at. */
const recentCommits = 64;
/** For a table that nobody has built yet. */
const usualMsPerRow = 0.005;

/** Milliseconds a row that the last works on the table took, over those that read any. */
export async function msPerRow(lake: Lake, table: string): Promise<number> {
  let rows = 0;
  let ms = 0;
  for (const commit of await lake.table(table).history(recentCommits)) {
    const work = workOf(commit);
    if (work === null || work.counts.read === 0 || commit.operation === 'RESTORE') continue;
    rows += work.counts.read;
    ms += work.durationMs;
  }
  return rows === 0 ? usualMsPerRow : ms / rows;
}
