/** What the micro-batches of the stream say they did, and what re-drives have moved since, in all. */
import { valueAt } from '../../engine/columnar/column-of.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { readFiles } from '../../engine/delta/read.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { pathOf } from '../../schemas/contract.ts';
import { ledger } from '../../schemas/ops.ts';
import { workOf } from '../commit-info.ts';
import type { Counts } from '../counts.ts';
import type { AuditScope } from './scope.ts';

const { name: events } = bronzeUsageEvents;

/** Sums of rows over the commits of micro-batches and of re-drives, which take rows out of quarantine. */
export interface StreamWork extends Pick<Counts, 'read' | 'written' | 'quarantined' | 'duplicate'> {
  /** Version of the last commit that rejected rows; −1: none did. */
  readonly rejecting: number;
}

/**
 * The work up to a version of Bronze: from its commits alone when everything is audited, or from the ledger as far as it goes, since
 * a stream makes tens of thousands of commits a day.
 */
export async function streamWork(lake: Lake, scope: AuditScope['kind'], version: number): Promise<StreamWork> {
  const { through, work } = scope === 'everything' ? { through: -1, work: none } : await entered(lake, version);
  const sums = { ...work };
  for await (const commit of lake.table(events).eachCommitSince(through, version)) {
    const counts = workOf(commit)?.counts;
    if (counts !== undefined) add(sums, counts, commit.version);
  }
  return sums;
}

type Sums = { -readonly [key in keyof StreamWork]: StreamWork[key] };

const none: StreamWork = { read: 0, written: 0, quarantined: 0, duplicate: 0, rejecting: -1 };
const columns = ['table_name', 'version', 'rows_read', 'rows_written', 'rows_quarantined', 'rows_duplicate'];

/** What the ledger says up to a version, and through which version it says so. */
async function entered(lake: Lake, version: number): Promise<{ readonly through: number; readonly work: StreamWork }> {
  const snapshot = await lake.table(ledger.name).latest();
  const through = Math.min(version, snapshot?.txns.get(`ledger/${events}`) ?? -1);
  const work: Sums = { ...none };
  if (snapshot === null || through < 0) return { through, work };
  const rows = await readFiles(lake.store, pathOf(ledger.name), snapshot.metadata, snapshot.files, columns);
  const [tables, versions, read, written, quarantined, duplicate] = columns.map((name) => columnOf(rows, name));
  for (let i = 0; i < rows.numRows; i++) {
    const at = Number(valueAt(versions!, i));
    if (valueAt(tables!, i) !== events || at > through) continue;
    const [r, w, q, d] = [read, written, quarantined, duplicate].map((column) => Number(valueAt(column!, i)));
    add(work, { read: r!, written: w!, quarantined: q!, duplicate: d! }, at);
  }
  return { through, work };
}

function add(sums: Sums, counts: Omit<StreamWork, 'rejecting'>, version: number): void {
  sums.read += counts.read;
  sums.written += counts.written;
  sums.quarantined += counts.quarantined;
  sums.duplicate += counts.duplicate;
  if (counts.quarantined > 0) sums.rejecting = Math.max(sums.rejecting, version);
}
