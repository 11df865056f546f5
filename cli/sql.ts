/** `cpa sql`: SQL over the lake. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Command } from 'commander';
import type { Lake } from '../engine/delta/lake.ts';
import { loadConfig } from '../worker/config.ts';
import { type Format, note } from './format.ts';
import { existingTables, openLake } from './lake.ts';
import { formatOption, lakeFolder, lakeOption, wholeNumber } from './options.ts';
import { parseAt, parseInstant, tablesFor } from './sql/versions.ts';

interface SqlOptions {
  readonly lake?: string;
  readonly at?: ReadonlyMap<string, number>;
  readonly asOf?: number;
  readonly limit: number;
  readonly out?: string;
  readonly format: Format;
}

const help = `
Examples:
  cpa sql "select service_name, sum(daily_cost_usd) as usd from gold.org_daily_usage_by_service group by all order by usd desc"
  cpa sql "from silver.usage_events where event_date = '2025-08-14'" --out day.parquet
  cpa sql "select count(*) from gold.org_monthly_revenue" --at gold.org_monthly_revenue=3
  cpa sql "from ops.ledger" --as-of 2025-08-14T06:00:00Z --format csv > ledger.csv
  cpa sql - < report.sql
  cpa sql                             a prompt; .help lists its commands

Every table that \`cpa tables\` lists is a view <layer>.<name>, at the version that is the newest when the command starts. SQL is
DuckDB's; times are UTC. A table shows the first rows and says how many there are; CSV and JSON have them all. SQL only reads the
lake: tables and views that it creates are in memory, and gone at the end.`;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('sql')
    .summary('query the lake with SQL')
    .description(
      'Runs SQL over the tables of the lake, as they are or as they were; without SQL on a terminal, a prompt.',
    )
    .argument('[sql]', 'one or more statements; "-", or a pipe: read them from the standard input')
    .option('--at <table=version>', 'a table as it was at a version; may be repeated', parseAt)
    .option('--as-of <instant>', 'all other tables as they were at a day or time (UTC)', parseInstant)
    .option('--limit <rows>', 'rows that a table shows at most', wholeNumber(1), 40)
    .option('--out <file>', 'write the answer to a file: .parquet, .csv or .json')
    .addOption(lakeOption())
    .addOption(formatOption())
    .addHelpText('after', help)
    .action(sql);
}

async function sql(statement: string | undefined, options: SqlOptions): Promise<void> {
  const lake = openLake(lakeFolder(options.lake));
  if (statement === undefined && process.stdin.isTTY) return converse(lake, options);
  const isInput = statement === undefined || statement === '-';
  await answer(lake, isInput ? await text(process.stdin) : statement, options);
}

async function answer(lake: Lake, statements: string, options: SqlOptions): Promise<void> {
  // DuckDB is loaded only where it is needed: the other commands start faster.
  const [{ openConnection }, { answers }, { printAnswer }, { outputAt, writeAnswer }] = await Promise.all([
    import('./sql/connection.ts'),
    import('./sql/answers.ts'),
    import('./sql/print.ts'),
    import('./sql/output.ts'),
  ]);
  const output = options.out === undefined ? null : await outputAt(options.out, lake.store.root);
  const tables = await tablesFor(lake, statements, versionsOf(options));
  const { duckdb, close } = await openConnection(tables, output?.unfinished);
  try {
    await untilInterrupted(duckdb, async () => {
      if (output !== null) return writeAnswer(duckdb, statements, output);
      for await (const each of answers(duckdb, statements)) await printAnswer(each, options.format, options.limit);
    });
  } catch (error) {
    throw await withTables(error, lake);
  } finally {
    close();
  }
}

/** Views were made of the tables that the SQL names, so DuckDB cannot say which table may be meant. */
async function withTables(error: unknown, lake: Lake): Promise<unknown> {
  if (!(error instanceof Error) || !/^Catalog Error: Table with name/.test(error.message)) return error;
  const names = (await existingTables(lake)).map(({ name }) => name);
  const tables = names.length === 0 ? `the lake ${lake.store.root} has no tables yet` : `tables: ${names.join(', ')}`;
  return new Error(error.message.replace(/!(?: Did you mean .*\?)?(?= \(line)/, `; ${tables}`), { cause: error });
}

async function converse(lake: Lake, options: SqlOptions): Promise<void> {
  const [{ openConnection }, { printAnswer }, { prompt }] = await Promise.all([
    import('./sql/connection.ts'),
    import('./sql/print.ts'),
    import('./sql/prompt.ts'),
  ]);
  const tables = await tablesFor(lake, null, versionsOf(options));
  const { duckdb, close } = await openConnection(tables);
  const file = join(loadConfig(process.env).home, 'sql-history');
  note(`${tables.length} tables of ${lake.store.root}; .tables lists their versions, .help the commands`);
  try {
    await prompt({
      duckdb,
      tables,
      input: process.stdin,
      output: process.stdout,
      history: linesOf(file),
      remember: (history) => {
        try {
          mkdirSync(dirname(file), { recursive: true });
          writeFileSync(file, history.join('\n'), { mode: 0o600 });
        } catch {
          // What is typed can be answered all the same.
        }
      },
      print: (each) => printAnswer(each, options.format, options.limit),
      say: note,
    });
  } finally {
    close();
  }
}

/** Ctrl-C stops the query, not the process in its midst; a second one does that. */
async function untilInterrupted(duckdb: DuckDBConnection, work: () => Promise<void>): Promise<void> {
  const { QueryInterrupted } = await import('./sql/query-error.ts');
  const interrupt = (): void => duckdb.interrupt();
  process.once('SIGINT', interrupt);
  try {
    await work();
  } catch (error) {
    if (!(error instanceof QueryInterrupted)) throw error;
    note('interrupted');
    process.exitCode = 130;
  } finally {
    process.off('SIGINT', interrupt);
  }
}

function versionsOf({ at, asOf }: SqlOptions) {
  return { at: at ?? new Map<string, number>(), asOfMs: asOf ?? null };
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return [];
  }
}
