/** Rebuilding: every row of every mart is written again at a new number, and every other row is deleted. */
import type { Table } from 'apache-arrow';
import type { Lake } from '../engine/delta/lake.ts';
import { mapBounded } from '../engine/delta/map-bounded.ts';
import type { TableContract } from '../schemas/contract.ts';
import { fromCassandra } from './cell-value.ts';
import { deleteStatement, type ServedMart, servedMart } from './cql-type.ts';
import { planPartitions } from './diff.ts';
import { closePublication, openPublication, readPublications } from './publication-log.ts';
import { publicationState, recordState } from './publication-state.ts';
import { type PublishResult, unclosedVersions } from './publish.ts';
import { keyText, rowKeys } from './row-key.ts';
import { type MartReader, martReader } from './served-rows.ts';
import { newestServed, pinsOf } from './served-snapshot.ts';
import type { Session } from './session.ts';
import { type PublishProgress, writePartitions } from './write-publication.ts';

export interface RebuildRequest {
  readonly lake: Lake;
  readonly session: Session;
  /** All of them: as long as one mart holds rows of another lake, nothing is published. */
  readonly marts: readonly TableContract[];
  readonly runId: string;
  readonly onProgress?: (progress: PublishProgress) => void;
  /** Default: one of its own. */
  readonly reader?: MartReader;
}

const scanRows = 2000;
const deletesAtATime = 64;
const maxAttempts = 50;

/** Makes Cassandra hold exactly the newest version of the marts, whatever it held before. A mart never built is emptied. */
export async function rebuild(request: RebuildRequest): Promise<PublishResult[]> {
  const results: PublishResult[] = [];
  for (const contract of request.marts) results.push(await rebuildMart(request, servedMart(contract)));
  return results;
}

async function rebuildMart(request: RebuildRequest, mart: ServedMart): Promise<PublishResult> {
  const { lake, session, runId } = request;
  const { name } = mart.contract;
  const start = performance.now();
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const log = await readPublications(lake, name);
    const state = await publicationState(session);
    // Another lake's clock may have been ahead of ours.
    const above = Math.max(0, ...[...state.values()].map((held) => held.number));
    const next = await newestServed(lake, mart);
    if (next.batch === null && next.speed === null) {
      const number = Math.max(above + 1, Math.floor(lake.clock() * 1000));
      const deleted = await deleteOthers(session, mart, new Set(), new Set(), number);
      await session.execute('DELETE FROM publication_state WHERE mart = ?', [name], number);
      return {
        mart: name,
        number: null,
        version: null,
        written: 0,
        deleted,
        unchanged: false,
        ms: performance.now() - start,
      };
    }
    const asked = { mart: name, ...pinsOf(next), rebuild: true };
    const opened = await openPublication(lake, log, asked, runId, above);
    if (opened === null) continue;
    const { publication, lakeId } = opened;
    const { number, version } = publication;
    const unclosed = await unclosedVersions(lake, mart, log);
    const partitions = planPartitions(mart, { next, base: null, unclosed, rebuild: true });
    const keys = new Set<string>();
    const remember = (rows: Table) => {
      for (const key of rowKeys(rows, mart.key)) keys.add(key);
    };
    const { reader = martReader(lake), onProgress = () => undefined } = request;
    const context = { reader, session, mart, number, onProgress };
    const counts = await writePartitions(context, partitions, remember);
    const days = new Set(partitions.filter((p) => p.next !== undefined).map((p) => p.value));
    const deleted = counts.deleted + (await deleteOthers(session, mart, keys, days, number));
    await recordState(session, name, { lakeId, number, version });
    await closePublication(lake, publication, { written: counts.written, deleted }, runId);
    return {
      mart: name,
      number,
      version,
      written: counts.written,
      deleted,
      unchanged: false,
      ms: performance.now() - start,
    };
  }
  throw new Error(`rebuilding ${name}: others opened publications ${maxAttempts} times in a row`);
}

/** Deletes the rows with other keys, and the other served days; returns how many rows. */
async function deleteOthers(
  session: Session,
  mart: ServedMart,
  keys: ReadonlySet<string>,
  days: ReadonlySet<string | null>,
  number: number,
): Promise<number> {
  let deleted = 0;
  const query = deleteStatement(mart);
  for await (const page of session.pages(`SELECT ${mart.key.join(', ')} FROM ${mart.table}`, [], scanRows)) {
    const others = page
      .map((row) => mart.key.map((column): unknown => row[column]))
      .filter((values) => !keys.has(keyText(values.map(fromCassandra))));
    await mapBounded(others, deletesAtATime, (values) => session.execute(query, values, number));
    deleted += others.length;
  }
  for (const row of await session.execute('SELECT day FROM served_days WHERE mart = ?', [mart.table])) {
    if (days.has(String(row.day))) continue;
    await session.execute('DELETE FROM served_days WHERE mart = ? AND day = ?', [mart.table, row.day], number);
  }
  return deleted;
}
