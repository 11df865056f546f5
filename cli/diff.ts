/** `cpa diff`: what differs between two versions of a table. */
import type { Table } from 'apache-arrow';
import type { Command } from 'commander';
import { compareVersions, type PartitionDifference } from '../activities/compare-versions.ts';
import { cellAt, kindOf } from '../engine/columnar/cell.ts';
import type { ColumnType } from '../engine/columnar/column.ts';
import { formatDecimal } from '../engine/columnar/decimal.ts';
import { type DifferenceSums, differenceSums } from '../engine/columnar/difference.ts';
import { columnOf, columnsOf, specsOf } from '../engine/columnar/table.ts';
import type { Snapshot } from '../engine/delta/types.ts';
import { contractOf } from '../schemas/catalog.ts';
import { type Cell, type Format, note, print, type ResultColumn } from './format.ts';
import { type FoundTable, findTable, openLake } from './lake.ts';
import { formatOption, lakeFolder, lakeOption, wholeNumber } from './options.ts';

interface DiffOptions {
  readonly lake?: string;
  readonly fromVersion?: number;
  readonly toVersion?: number;
  readonly byPartition?: boolean;
  readonly rows?: number;
  readonly format: Format;
}

const help = `
Examples:
  cpa diff gold.org_monthly_revenue
  cpa diff gold.org_daily_usage_by_service --from-version 12 --to-version 14 --by-partition
  cpa diff silver.usage_events --from-version 3 --rows 20 --format csv

Rows are compared by the key of the table, on what is its content: how a row came to be (its file, the time it was taken in) does not
count. A row that moved to another partition is removed there and added here. Each line of the answer is a measure: the rows, then
every column of integers or decimals, summed exactly over the rows added, the rows removed, and the rows changed as they were and as
they are; "difference" is what all that adds to the sum of the table. Numbers with a floating point are compared, not summed.`;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('diff')
    .summary('compare two versions of a table')
    .description(
      'Counts the rows that two versions of a table do not share, and sums what they say. Only files that differ are read.',
    )
    .argument('<table>', 'such as gold.org_monthly_revenue; `cpa tables` lists them')
    .option('--from-version <number>', 'the version before; default: the one before --to-version', wholeNumber(0))
    .option('--to-version <number>', 'the version after; default: the newest', wholeNumber(0))
    .option('--by-partition', 'a line for each partition and measure')
    .option('--rows <number>', 'print so many of the rows that differ instead of the sums', wholeNumber(1))
    .addOption(lakeOption())
    .addOption(formatOption())
    .addHelpText('after', help)
    .action(diff);
}

async function diff(name: string, options: DiffOptions): Promise<void> {
  const lake = openLake(lakeFolder(options.lake));
  const found = await findTable(lake, name);
  const [from, to] = await versionsOf(found, options);
  const contract = contractOf(name);
  const differences = compareVersions(lake, contract, from, to);
  const { format } = options;
  if (options.rows !== undefined) print(await someRows(differences, options.rows), format);
  else print(await measures(differences, contract.key, options.byPartition === true), format);
  note(`${name}: version ${from.version} against version ${to.version}`);
}

async function versionsOf(
  { name, table, snapshot }: FoundTable,
  { fromVersion, toVersion }: DiffOptions,
): Promise<readonly [Snapshot, Snapshot]> {
  const to = toVersion === undefined ? snapshot : await table.at(toVersion);
  const from = fromVersion ?? to.version - 1;
  if (from < 0) throw new Error(`${name}: there is no version before ${to.version} to compare with`);
  return [await table.at(from), to];
}

/** A measure of a partition, or of the table. */
interface Measure extends DifferenceSums {
  readonly name: string;
  /** Unscaled numbers have so many digits after the point. */
  readonly scale: number;
}

const measureColumns: readonly ResultColumn[] = [
  { name: 'measure', kind: 'text' },
  ...['added', 'removed', 'changed_before', 'changed_after', 'difference'].map(
    (name): ResultColumn => ({ name, kind: 'number' }),
  ),
];

/** The measures of the table, or of each partition. */
async function measures(differences: AsyncIterable<PartitionDifference>, key: readonly string[], byPartition: boolean) {
  const rows: Cell[][] = [];
  let total: readonly Measure[] = [rowsMeasure(0, 0, 0)];
  for await (const difference of differences) {
    const here = measuresOf(difference, key);
    if (byPartition) rows.push(...here.map((measure) => [difference.partition, ...cellsOf(measure)]));
    else
      total = here.map((measure) =>
        sumOf(
          measure,
          total.find(({ name }) => name === measure.name),
        ),
      );
  }
  return byPartition
    ? { columns: [{ name: 'partition', kind: 'time' } as const, ...measureColumns], rows }
    : { columns: measureColumns, rows: total.map(cellsOf) };
}

function measuresOf(difference: PartitionDifference, key: readonly string[]): Measure[] {
  const { before, after, added, removed, changed } = difference;
  return [
    rowsMeasure(added.length, removed.length, changed.after.length),
    ...specsOf(after)
      .filter(({ name, type }) => isSummed(type) && !key.includes(name))
      .map(({ name, type }) => ({
        name,
        scale: type.kind === 'decimal' ? type.scale : 0,
        ...differenceSums(difference, columnOf(before, name), columnOf(after, name)),
      })),
  ];
}

function rowsMeasure(added: number, removed: number, changed: number): Measure {
  const [a, r, c] = [added, removed, changed].map(BigInt) as [bigint, bigint, bigint];
  return { name: 'rows', scale: 0, added: a, removed: r, changedBefore: c, changedAfter: c };
}

function isSummed({ kind }: ColumnType): boolean {
  return kind === 'int32' || kind === 'int64' || kind === 'decimal';
}

function sumOf(a: Measure, b: Measure | undefined): Measure {
  if (b === undefined) return a;
  return {
    ...a,
    added: a.added + b.added,
    removed: a.removed + b.removed,
    changedBefore: a.changedBefore + b.changedBefore,
    changedAfter: a.changedAfter + b.changedAfter,
  };
}

function cellsOf({ name, scale, added, removed, changedBefore, changedAfter }: Measure): Cell[] {
  const difference = added - removed + changedAfter - changedBefore;
  return [
    name,
    ...[added, removed, changedBefore, changedAfter, difference].map((n) =>
      scale === 0 ? n : formatDecimal(n, scale),
    ),
  ];
}

/** The first rows that differ; those changed as they were and as they are. */
async function someRows(differences: AsyncIterable<PartitionDifference>, most: number) {
  let columns: readonly ResultColumn[] = [{ name: 'change', kind: 'text' }];
  const rows: Cell[][] = [];
  let left = most;
  for await (const { before, after, added, removed, changed } of differences) {
    columns = [
      { name: 'change', kind: 'text' },
      ...specsOf(after).map(({ name, type }) => ({ name, kind: kindOf(type) })),
    ];
    const [was, is] = [rowReader(before), rowReader(after)];
    for (const row of removed.subarray(0, left)) rows.push(['removed', ...was(row)]);
    left -= Math.min(left, removed.length);
    for (const row of added.subarray(0, left)) rows.push(['added', ...is(row)]);
    left -= Math.min(left, added.length);
    changed.after.subarray(0, left).forEach((row, i) => {
      rows.push(['before', ...was(changed.before[i]!)], ['after', ...is(row)]);
    });
    left -= Math.min(left, changed.after.length);
    if (left === 0) break;
  }
  return { columns, rows };
}

function rowReader(table: Table): (row: number) => Cell[] {
  const columns = Object.values(columnsOf(table));
  return (row) => columns.map((column) => cellAt(column, row));
}
