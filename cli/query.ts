/** `cpa query`: the named queries, answered by Cassandra. */
import { Argument, type Command } from 'commander';
import type { QueryResult } from '../serving/queries.ts';
import { queryCatalog } from '../serving/query-catalog.ts';
import { loadConfig } from '../worker/config.ts';
import { type Format, kindsOf, note, print, type Result } from './format.ts';
import { formatOption, wholeNumber } from './options.ts';
import { UsageError } from './usage-error.ts';

interface QueryOptions {
  readonly org?: string;
  readonly date?: string;
  readonly from?: string;
  readonly to?: string;
  readonly n?: number;
  readonly format: Format;
}

const examples = `
Queries:
${queryCatalog.map(({ name, doc }) => `  ${name.padEnd(18)}${doc}`).join('\n')}

Examples:
  cpa query daily_cost --org org_1a2b3c4d --from 2025-08-01 --to 2025-08-14
  cpa query top_services --n 3
  cpa query monthly_revenue --format csv

The reference day is the last day, not after today, with data over all organisations, unless --date names another.`;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('query')
    .summary('ask a named query')
    .description('Answers a named query from Cassandra, for one organisation or over all of them.')
    .addArgument(new Argument('<name>', 'query').choices(queryCatalog.map((q) => q.name)))
    .option('--org <id>', 'one organisation (default: all of them)')
    .option('--date <day>', 'take this as the reference day, YYYY-MM-DD')
    .option('--from <day>', 'first day')
    .option('--to <day>', 'last day')
    .option('--n <rows>', 'rows of a ranking', wholeNumber(1))
    .addOption(formatOption())
    .addHelpText('after', examples)
    .action(query);
}

async function query(name: string, { format, ...parameters }: QueryOptions): Promise<void> {
  // Drivers are loaded only where they are needed: the other commands start faster.
  const [{ cassandraFor }, { connect }, { runQuery }, { QueryError }] = await Promise.all([
    import('./local-stack.ts'),
    import('../serving/session.ts'),
    import('../serving/queries.ts'),
    import('../serving/query-catalog.ts'),
  ]);
  const session = await connect(cassandraFor(loadConfig(process.env)));
  try {
    const answer = await runQuery(session, name, parameters).catch((error: unknown) => {
      throw error instanceof QueryError ? new UsageError(error.message) : error;
    });
    print(answerTable(answer), format);
    const { publication, referenceDay, from, to, message, ms } = answer;
    if (message !== null) note(message);
    if (from !== null) note(`${from} to ${to}; reference day ${referenceDay}`);
    if (publication !== null) {
      const { mart, version, number } = publication;
      note(`${mart} version ${version}, publication ${number}; ${ms.toFixed(0)} ms`);
    }
  } finally {
    await session.close();
  }
}

/** An answer for printing. */
export function answerTable(answer: Pick<QueryResult, 'columns' | 'rows'>): Result {
  const rows = answer.rows.map((row) => answer.columns.map((column) => row[column] ?? null));
  return { columns: kindsOf(answer.columns, rows), rows };
}
