/** `cpa explain`: what a row is made of, down to the lines of the landing zone, and whether it adds up. */
import { type Command, Option } from 'commander';
import { explainFigure } from '../dashboard/lineage/explain-figure.ts';
import { explainRow } from '../dashboard/lineage/explain-row.ts';
import { BadQuestion, type Explanation, type Held, type Level, type Made } from '../dashboard/lineage/explanation.ts';
import { keyOf } from '../dashboard/lineage/find-row.ts';
import { loadConfig } from '../worker/config.ts';
import { note, type Result, terminalStyle } from './format.ts';
import { openLake } from './lake.ts';
import { lakeOption, wholeNumber } from './options.ts';
import { textTable } from './table.ts';
import { UsageError } from './usage-error.ts';

interface ExplainOptions {
  readonly lake?: string;
  readonly version?: number;
  readonly sum?: string;
  readonly over?: string;
  readonly times?: number;
  readonly stated?: string;
  readonly speedVersion?: number;
  readonly limit: number;
  readonly offset: number;
  readonly format: 'text' | 'json';
}

const examples = `
Examples:
  cpa explain gold.org_daily_usage_by_service org_id=org_1a2b3c4d usage_date=2025-08-14 service_name=compute
  cpa explain gold.daily_usage_rollup usage_date=2025-08-14 service_name=compute hq_region=emea plan_tier=pro --limit 5
  cpa explain gold.org_monthly_revenue org_id=org_1a2b3c4d month=2025-08-01 --format json
  cpa explain silver.usage_events event_id=evt_1 event_date=2025-08-14
  cpa explain gold.org_daily_usage_by_service --sum daily_cost_usd 'usage_date>=2025-08-01' service_name=compute

Each section is a table with the version that was read: that which the row's partition consumed. A row of Silver comes with its row of
Bronze and its line in the landing zone. The proof covers all rows, also those that are not listed. Any row listed can be explained in
turn: its key and, with --version, the version of its section. Exit code 1: the figure is not what its rows give.`;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('explain')
    .summary('show what a figure is made of')
    .description(
      'Shows a row, the rows it is made of, and the lines of the landing zone these were read from, and proves that they add up to it.',
    )
    .argument('<table>', 'such as gold.org_daily_usage_by_service; `cpa tables` lists them')
    .argument('[key...]', 'column=value for each key column; with --sum any conditions')
    .option('--version <number>', 'the table as it was at this version', wholeNumber(0))
    .option('--sum <column>', 'explain the sum of a column over the rows that satisfy the conditions')
    .option('--over <column>', 'with --sum: divide it by the sum of another column')
    .option('--times <number>', 'with --over: and multiply it by this number', wholeNumber(1))
    .option('--stated <number>', 'with --sum: the figure to prove')
    .option(
      '--speed-version <number>',
      'with --sum: and the increments of the speed layer at this version',
      wholeNumber(0),
    )
    .option('--limit <rows>', 'rows to list at most in each section', wholeNumber(1), 20)
    .option('--offset <rows>', 'rows to skip in each section', wholeNumber(0), 0)
    .addOption(lakeOption())
    .addOption(new Option('--format <format>', 'how it is printed').choices(['text', 'json']).default('text'))
    .addHelpText('after', examples)
    .action(explain);
}

async function explain(table: string, key: readonly string[], options: ExplainOptions): Promise<void> {
  const explanation = await answer(table, key, options).catch((error: unknown) => {
    throw error instanceof BadQuestion ? new UsageError(error.message) : error;
  });
  if (options.format === 'json') process.stdout.write(`${JSON.stringify(explanation, null, 2)}\n`);
  else printText(explanation);
  if (explanation.holds === false) process.exitCode = 1;
}

async function answer(table: string, key: readonly string[], options: ExplainOptions): Promise<Explanation> {
  const { lake: folder, version, sum, over, times, stated, speedVersion, limit, offset } = options;
  const config = loadConfig(folder === undefined ? process.env : { ...process.env, CPA_LAKE: folder });
  const lake = openLake(config.lake);
  const common = { table, limit, offset, ...(version === undefined ? {} : { version }) };
  if (sum === undefined) return explainRow(lake, config.landing, { ...common, key: keyOf(key) });
  return explainFigure(lake, {
    ...common,
    column: sum,
    where: key,
    ...(over === undefined ? {} : { over }),
    ...(times === undefined ? {} : { times }),
    ...(stated === undefined ? {} : { stated }),
    ...(speedVersion === undefined ? {} : { speedVersion }),
  });
}

function printText({ levels, proof, held, verdict }: Explanation): void {
  for (const [i, level] of levels.entries()) {
    heading(level);
    show(i === 0 && level.total === 1 ? upright(level) : level);
    const { rows, total, offset } = level;
    if (rows.length < total)
      line(`rows ${offset + 1} to ${offset + rows.length} of ${total}; --limit and --offset list others`);
    line('');
  }
  if (held !== null && held.rows > 0) showHeld(held);
  if (proof.length > 0) {
    line('Proof');
    const mark = (equal: boolean): string => (equal ? 'yes' : 'NO');
    show({
      columns: [
        { name: 'column', kind: 'text' },
        { name: 'stated', kind: 'number' },
        { name: 'summed', kind: 'number' },
        { name: 'difference', kind: 'number' },
        { name: 'equal', kind: 'text' },
        { name: 'how', kind: 'text' },
      ],
      rows: proof.map(({ column, stated, summed, difference, equal, how }) => [
        column,
        stated,
        summed,
        difference,
        mark(equal),
        how,
      ]),
    });
    line('');
  }
  line(`${verdict[0]!.toUpperCase()}${verdict.slice(1)}.`);
}

function heading({ table, version, committedAt, made, notes, total }: Level): void {
  const rows = `${total} ${total === 1 ? 'row' : 'rows'}`;
  line(version === null ? `${table}: ${rows}` : `${table}, version ${version} of ${committedAt}: ${rows}`);
  for (const commit of made) line(`  written by ${madeText(commit)}`);
  for (const text of notes) line(`  note: ${text}`);
}

function madeText({ version, committedAt, operation, workflowId, runId, reason }: Made): string {
  const by = workflowId === null ? operation : `workflow ${workflowId}, run ${runId}`;
  return `version ${version} of ${committedAt}: ${by}${reason === null ? '' : ` (${reason})`}`;
}

/** One row as a line for each column. */
function upright({ columns, rows }: Level): Result {
  return {
    columns: [
      { name: 'column', kind: 'text' },
      { name: 'value', kind: 'text' },
    ],
    rows: columns.map(({ name }, c) => [name, rows[0]![c]!]),
  };
}

function showHeld({ table, version, from, to, rules }: Held): void {
  line(`${table}, version ${version}: events of ${from === to ? from : `${from} to ${to}`} that are not in the figure`);
  show({
    columns: [
      { name: 'layer', kind: 'text' },
      { name: 'rule', kind: 'text' },
      { name: 'rows', kind: 'count' },
      { name: 'money_held_usd', kind: 'number' },
    ],
    rows: rules.map(({ layer, rule, rows, moneyUsd }) => [layer, rule, rows, moneyUsd]),
  });
  line('');
}

function show(result: Result): void {
  if (result.rows.length === 0) return;
  const { text, omitted } = textTable(result, terminalStyle());
  process.stdout.write(text);
  if (omitted.length > 0) note(`the terminal is too narrow for: ${omitted.join(', ')}`);
}

function line(text: string): void {
  process.stdout.write(`${text}\n`);
}
