/** A CSV master from decoded records to rows of its Bronze table. */
import type { Table } from 'apache-arrow';
import type { Column } from '../../engine/columnar/column.ts';
import { isValid } from '../../engine/columnar/column.ts';
import { valueAt } from '../../engine/columnar/column-of.ts';
import type { CsvBatch } from '../../engine/columnar/csv.ts';
import { filterColumns } from '../../engine/columnar/filter.ts';
import { groupBy } from '../../engine/columnar/group.ts';
import { rowHashes } from '../../engine/columnar/hash.ts';
import { tableOf } from '../../engine/columnar/table.ts';
import type { MasterSource } from '../../schemas/bronze.ts';
import { bronzeRules } from '../../schemas/rules.ts';
import type { Reject } from '../reject.ts';
import { rescuedText } from '../rescued.ts';
import { isoDay } from '../time.ts';
import { partitionColumns } from './partition-form.ts';
import { provenanceColumns } from './provenance.ts';
import { unparseable } from './unparseable.ts';

/** What the edge knows about a snapshot of a master. */
export interface BronzeMasterContext {
  /** Landing file, relative to the landing zone, and its generation. */
  readonly file: string;
  readonly generation: number;
  /** Becomes `ingest_ts`, microseconds. */
  readonly ingestUs: number;
}

export interface BronzeMaster {
  /** Rows under the contract of the master's Bronze table, in the order of the file, each key once. */
  readonly table: Table;
  readonly rejects: Reject[];
  /** Records that repeat an earlier one of the same content. */
  readonly duplicates: number;
}

/**
 * Judges the records of one snapshot: one without its key, or with a key seen before with other content, is rejected (the
 * first stays); an identical repeat is counted. Values of the partition column are brought into one form, what was stated
 * is kept in `rescued`.
 */
export function bronzeMaster(source: MasterSource, csv: CsvBatch, context: BronzeMasterContext): BronzeMaster {
  const { contract } = source;
  const columns: Record<string, Column> = { ...csv.columns, rescued: csv.rescued };
  const keys = contract.key.map((name) => columns[name]!);
  const raw = [...Object.keys(csv.columns), 'rescued'].map((name) => columns[name]!);
  const { ids, first } = groupBy(keys);
  const contents = rowHashes(raw, 0);
  const kept = new Uint8Array(csv.rows);
  const rejects = csv.rejects.map((r) => unparseable(context, r));
  let duplicates = 0;
  for (let i = 0; i < csv.rows; i++) {
    const before = first[ids[i]!]!;
    const missing = keys.some((key) => !isValid(key, i));
    if (missing)
      rejects.push(rejectOf(source, csv, i, bronzeRules.keyMissing.id, missingKey(contract.key, csv, i), context));
    else if (before === i) kept[i] = 1;
    else if (contents.lo[i] === contents.lo[before] && contents.hi[i] === contents.hi[before]) duplicates++;
    else {
      const reason = `${contract.key.join(', ')} ${keyText(contract.key, csv, i).slice(0, 200)} was seen on line ${csv.line[before]} with other content`;
      rejects.push(rejectOf(source, csv, i, bronzeRules.keyConflict.id, reason, context));
    }
  }
  const all: Record<string, Column> = {
    ...columns,
    ...partitionColumns(source, columns),
    ...provenanceColumns({
      files: [context],
      file: new Int32Array(csv.rows),
      line: csv.line,
      offset: csv.offset,
      byteLength: csv.byteLength,
      ingestUs: context.ingestUs,
    }),
  };
  return { table: tableOf(filterColumns(all, kept), contract.fields), rejects, duplicates };
}

function rejectOf(
  source: MasterSource,
  csv: CsvBatch,
  i: number,
  ruleId: string,
  reason: string,
  context: BronzeMasterContext,
): Reject {
  const { key } = source.contract;
  const org = csv.columns.org_id;
  return {
    sourceFile: context.file,
    sourceGeneration: context.generation,
    sourceRow: csv.line[i]!,
    sourceOffset: csv.offset[i]!,
    byteLength: csv.byteLength[i]!,
    layer: 'bronze',
    ruleId,
    reason,
    eventId: key.some((name) => !isValid(csv.columns[name]!, i)) ? null : keyText(key, csv, i),
    eventDate: null,
    orgId: org === undefined ? null : (valueAt(org, i) as string | null),
    moneyHeld: null,
  };
}

function missingKey(key: readonly string[], csv: CsvBatch, i: number): string {
  const missing = key.filter((name) => !isValid(csv.columns[name]!, i));
  return missing.map((name) => `${name} is ${rescuedText(csv.rescued, i, name)}`).join(', ');
}

function keyText(key: readonly string[], csv: CsvBatch, i: number): string {
  const text = (column: Column): string => {
    const value = valueAt(column, i);
    return column.kind === 'date' && typeof value === 'number' ? isoDay(value) : String(value);
  };
  return key.map((name) => text(csv.columns[name]!)).join('/');
}
