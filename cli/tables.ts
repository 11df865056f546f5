/** `cpa tables`: what the lake holds. */
import { relative } from 'node:path';
import type { Command } from 'commander';
import { millisText } from '../engine/columnar/cell.ts';
import { sizeOf } from '../engine/delta/size.ts';
import { type Cell, type Format, note, print, type ResultColumn } from './format.ts';
import { existingTables, type FoundTable, openLake } from './lake.ts';
import { formatOption, lakeFolder, lakeOption } from './options.ts';

const columns: readonly ResultColumn[] = [
  { name: 'table', kind: 'text' },
  { name: 'rows', kind: 'count' },
  { name: 'files', kind: 'count' },
  { name: 'bytes', kind: 'count' },
  { name: 'partitions', kind: 'count' },
  { name: 'version', kind: 'number' },
  { name: 'last_commit', kind: 'time' },
  { name: 'path', kind: 'text' },
];

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('tables')
    .summary('list the tables of the lake')
    .description(
      'Lists every table of the lake: rows, files and bytes of its newest version, read from its log alone. ' +
        'Rows are unknown (–) when a file came without statistics.',
    )
    .addOption(lakeOption())
    .addOption(formatOption())
    .addHelpText('after', '\nExamples:\n  cpa tables\n  cpa tables --lake datalake --format csv > tables.csv')
    .action(async (options: { readonly lake?: string; readonly format: Format }) => {
      const lake = openLake(lakeFolder(options.lake));
      const tables = await existingTables(lake);
      print({ columns, rows: tables.map(rowOf) }, options.format);
      if (tables.length === 0) note(`the lake ${lake.store.root} has no tables yet: \`cpa run dailyRun\` fills it`);
    });
}

function rowOf({ name, table, snapshot }: FoundTable): Cell[] {
  const { rows, files, bytes, partitions } = sizeOf(snapshot);
  return [
    name,
    rows,
    files,
    bytes,
    partitions,
    snapshot.version,
    millisText(snapshot.timestampMs),
    shortest(`${table.store.root}/${table.path}`),
  ];
}

/** The path as one would type it here. */
function shortest(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}
