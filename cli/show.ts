/** `cpa show`: rows of a table, also as they were. */
import type { Command } from 'commander';
import { cellAt, kindOf } from '../engine/columnar/cell.ts';
import type { Column, ColumnSpec } from '../engine/columnar/column.ts';
import { columnsOf } from '../engine/columnar/table.ts';
import { admitsPartition, type Filter } from '../engine/delta/condition.ts';
import { partitionKey } from '../engine/delta/partitions.ts';
import { readFiles } from '../engine/delta/read.ts';
import type { AddFile, TableMetadata } from '../engine/delta/types.ts';
import { type Cell, type Format, note, print } from './format.ts';
import { type FoundTable, findTable, openLake } from './lake.ts';
import { formatOption, lakeFolder, lakeOption, nameList, wholeNumber } from './options.ts';
import { UsageError } from './usage-error.ts';
import { filtersOf } from './where.ts';

interface ShowOptions {
  readonly lake?: string;
  readonly version?: number;
  readonly where?: readonly string[];
  readonly columns?: readonly string[];
  readonly limit: number;
  readonly format: Format;
}

const examples = `
Examples:
  cpa show gold.org_daily_usage_by_service
  cpa show silver.usage_events --where event_date=2025-08-14 --where 'cost_usd>100' --limit 5
  cpa show silver.dim_orgs --columns org_id,plan_tier,valid_from --format csv
  cpa show bronze.users --version 0 --where role!=admin --where email=
  cpa show quarantine.usage_events --columns rule_id,reason,raw --format json

Conditions are joined by "and". A value left out stands for null: "flags=" finds rows without flags, "flags!=" those with.
Only the partitions that a condition on the partition column admits are read.`;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('show')
    .summary('print rows of a table')
    .description('Prints rows of a table: decimals with every digit, days as YYYY-MM-DD, instants in UTC.')
    .argument('<table>', 'such as gold.org_daily_usage_by_service; `cpa tables` lists them')
    .option('--version <number>', 'the table as it was at this version', wholeNumber(0))
    .option(
      '--where <condition>',
      'column, operator (=, !=, <, <=, >, >=), value; may be repeated',
      (condition: string, before: readonly string[] = []) => [...before, condition],
    )
    .option('--columns <names>', 'columns to print, separated by commas', nameList)
    .option('--limit <rows>', 'rows to print at most', wholeNumber(1), 20)
    .addOption(lakeOption())
    .addOption(formatOption())
    .addHelpText('after', examples)
    .action(show);
}

async function show(name: string, options: ShowOptions): Promise<void> {
  const found = await findTable(openLake(lakeFolder(options.lake)), name);
  const snapshot = options.version === undefined ? found.snapshot : await found.table.at(options.version);
  const { metadata } = snapshot;
  const filters = filtersOf('--where', options.where ?? [], metadata.columns);
  const shown = (options.columns ?? metadata.columns.map((c) => c.name)).map((column) => specOf(metadata, column));
  const files = filesToRead(snapshot.files, metadata, filters);
  const rows: Cell[][] = [];
  let more = false;
  for (const file of files) {
    // One more than is shown tells whether there are more.
    const matching = await matchingRows(found, metadata, file, filters, options.limit - rows.length + 1);
    if (matching.length === 0) continue;
    const columns = await read(found, metadata, file, shown);
    const taken = matching.slice(0, options.limit - rows.length);
    for (const row of taken) rows.push(shown.map(({ name: column }) => cellAt(columns[column]!, row)));
    more = taken.length < matching.length;
    if (more) break;
  }
  print({ columns: shown.map((spec) => ({ name: spec.name, kind: kindOf(spec.type) })), rows }, options.format);
  if (more) note(`the first ${rows.length} rows; --limit prints more`);
}

/** Files of the partitions that the filters admit, partitions in order; within one as they were added. */
function filesToRead(files: readonly AddFile[], metadata: TableMetadata, filters: readonly Filter[]): AddFile[] {
  const pruning = filters.filter((f) => metadata.partitionColumns.includes(f.spec.name));
  return files
    .filter((file) => pruning.every((f) => admitsPartition(f, file.partitionValues[f.spec.name] ?? null)))
    .map((file) => ({ file, key: partitionKey(file.partitionValues) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ file }) => file);
}

/** Numbers of the first `most` rows of a file that satisfy the filters; only the columns they need are read. */
async function matchingRows(
  table: FoundTable,
  metadata: TableMetadata,
  file: AddFile,
  filters: readonly Filter[],
  most: number,
): Promise<number[]> {
  const counted = Number.isNaN(file.stats.numRecords) ? null : file.stats.numRecords;
  const tested = filters.length === 0 ? metadata.columns.slice(0, 1) : filters.map((f) => f.spec);
  const columns = filters.length === 0 && counted !== null ? {} : await read(table, metadata, file, tested);
  const length = counted ?? columns[tested[0]!.name]!.length;
  const tests = filters.map(({ spec, holds }) => ({ column: columns[spec.name]!, holds }));
  const rows: number[] = [];
  for (let row = 0; row < length && rows.length < most; row++) {
    if (tests.every(({ column, holds }) => holds(column, row))) rows.push(row);
  }
  return rows;
}

async function read(
  { table }: FoundTable,
  metadata: TableMetadata,
  file: AddFile,
  specs: readonly ColumnSpec[],
): Promise<Record<string, Column>> {
  const names = [...new Set(specs.map((spec) => spec.name))];
  return columnsOf(await readFiles(table.store, table.path, metadata, [file], names));
}

function specOf({ columns }: TableMetadata, name: string): ColumnSpec {
  const spec = columns.find((c) => c.name === name);
  if (spec !== undefined) return spec;
  throw new UsageError(`--columns: no column ${name}; columns: ${columns.map((c) => c.name).join(', ')}`);
}
