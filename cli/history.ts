/** `cpa history`: the versions of a table and the work that made them. */
import type { Command } from 'commander';
import { reasonOf, workOf } from '../activities/commit-info.ts';
import { snapshotOf } from '../activities/snapshots.ts';
import { instantText, millisText } from '../engine/columnar/cell.ts';
import type { Commit } from '../engine/delta/types.ts';
import { type Cell, type Format, print, type Result, type ResultColumn } from './format.ts';
import { findTable, openLake } from './lake.ts';
import { formatOption, lakeFolder, lakeOption, wholeNumber } from './options.ts';

interface Facet extends ResultColumn {
  readonly of: (commit: Commit) => Cell;
}

const counts = ['read', 'written', 'unchanged', 'quarantined', 'duplicate', 'late'] as const;

const facets: readonly Facet[] = [
  { name: 'version', kind: 'number', of: (commit) => commit.version },
  { name: 'time', kind: 'time', of: (commit) => millisText(commit.timestampMs) },
  { name: 'operation', kind: 'text', of: (commit) => commit.operation },
  { name: 'files_added', kind: 'count', of: (commit) => commit.adds.length },
  { name: 'files_removed', kind: 'count', of: (commit) => commit.removes.length },
  { name: 'rows_added', kind: 'count', of: rowsAdded },
  ...counts.map((name): Facet => ({ name, kind: 'count', of: (commit) => workOf(commit)?.counts[name] ?? null })),
  { name: 'duration_ms', kind: 'count', of: (commit) => workOf(commit)?.durationMs ?? null },
  { name: 'reason', kind: 'text', of: reasonOf },
  { name: 'workflow_id', kind: 'text', of: (commit) => workOf(commit)?.workflowId ?? null },
  { name: 'run_id', kind: 'text', of: (commit) => workOf(commit)?.runId ?? null },
  { name: 'snapshot_file', kind: 'text', of: (commit) => snapshotOf(commit)?.file ?? null },
  { name: 'effective_from', kind: 'time', of: (commit) => instant(snapshotOf(commit)?.instantUs) },
  { name: 'corrects_from', kind: 'time', of: (commit) => instant(snapshotOf(commit)?.correctsFromUs) },
];

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('history')
    .summary('list the versions of a table')
    .description(
      'Lists the versions of a table, newest first: the files and rows each one added, the counts of the work that made it ' +
        '(read = written + unchanged + quarantined + duplicate), why it was done, the run that did it, and for masters the snapshot it loaded.',
    )
    .argument('<table>', 'such as silver.usage_events; `cpa tables` lists them')
    .option('--limit <versions>', 'versions to list at most', wholeNumber(1), 20)
    .addOption(lakeOption())
    .addOption(formatOption())
    .addHelpText(
      'after',
      '\nExamples:\n  cpa history silver.usage_events\n  cpa history bronze.users --limit 1 --format json\n\n' +
        '`cpa show <table> --version <number>` prints the rows of a version.',
    )
    .action(
      async (name: string, options: { readonly lake?: string; readonly limit: number; readonly format: Format }) => {
        const { table } = await findTable(openLake(lakeFolder(options.lake)), name);
        const result = { columns: facets, rows: (await table.history(options.limit)).map(rowOf) };
        print(options.format === 'table' ? withoutEmptyColumns(result) : result, options.format);
      },
    );
}

function rowOf(commit: Commit): Cell[] {
  return facets.map((facet) => facet.of(commit));
}

function rowsAdded({ adds }: Commit): number | null {
  const rows = adds.reduce((sum, file) => sum + file.stats.numRecords, 0);
  return Number.isNaN(rows) ? null : rows;
}

function instant(micros: number | null | undefined): string | null {
  return micros == null ? null : instantText(BigInt(micros));
}

/** Most tables never load a snapshot: people need no column of nulls, programs need the same columns every time. */
function withoutEmptyColumns({ columns, rows }: Result): Result {
  const used = columns.map((_, c) => rows.some((row) => row[c] !== null));
  return { columns: columns.filter((_, c) => used[c]), rows: rows.map((row) => row.filter((_, c) => used[c])) };
}
