/** Facts of tables by partition: each partition is read once, however many checks ask for it. */
import type { Profile } from '../compute/profile.ts';
import type { ActivityContext, Run } from '../context.ts';
import { partitionOf } from '../partition.ts';
import { type AuditScope, profiles, type Question } from './scope.ts';

/** Profiles of a table that exists: of the named partitions, or (null) of all. */
export type FactReader = (table: string, only: ReadonlySet<string> | null) => Promise<ReadonlyMap<string, Profile>>;

/** A reader that answers the whole question about a table at the first look at a partition. */
export function factReader(
  context: ActivityContext,
  run: Run,
  scope: AuditScope,
  questions: ReadonlyMap<string, Question>,
): FactReader {
  const known = new Map<string, Map<string, Profile>>();
  return async (table, only) => {
    const snapshot = scope.snapshots.get(table);
    const question = questions.get(table);
    if (snapshot === undefined || question === undefined) throw new Error(`the audit has no question about ${table}`);
    const facts = known.get(table) ?? new Map<string, Profile>();
    known.set(table, facts);
    const wanted = new Set(snapshot.files.map(partitionOf).filter((p) => only === null || only.has(p)));
    const unread = new Set([...wanted].filter((p) => !facts.has(p)));
    if (unread.size > 0)
      for (const [p, fact] of await profiles(context, run, snapshot, unread, question)) facts.set(p, fact);
    return new Map([...wanted].map((p) => [p, facts.get(p)!]));
  };
}
