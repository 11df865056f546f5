import type { DeltaTable } from '../engine/delta/table.ts';
import type { Commit } from '../engine/delta/types.ts';

/** The commit that recorded this version of an application id (`txn`). Throws when there is none. */
export async function commitOf(table: DeltaTable, appId: string, version: number): Promise<Commit> {
  for (let limit = 8; ; limit *= 4) {
    const commits = await table.history(limit);
    const commit = commits.find((c) => c.txns.get(appId) === version);
    if (commit !== undefined) return commit;
    if (commits.length < limit) throw new Error(`no commit of ${appId} ${version} on ${table.path}`);
  }
}
