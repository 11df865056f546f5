/** The prompt of `cpa sql`: statements typed line by line, answered one after another. */
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { FoundTable } from '../lake.ts';
import { type Answer, answers, isUnfinished } from './answers.ts';
import { QueryInterrupted } from './query-error.ts';

/** What the prompt is over, and where its answers go. */
export interface PromptOptions {
  readonly duckdb: DuckDBConnection;
  readonly tables: readonly FoundTable[];
  readonly input: Readable;
  readonly output: Writable;
  /** Lines of earlier sessions, the newest first; `remember` is told of all whenever there is a new one. */
  readonly history: readonly string[];
  readonly remember: (history: readonly string[]) => void;
  readonly print: (answer: Answer) => Promise<void>;
  readonly say: (line: string) => void;
}

const help = `\
Statements end with ";" and may go over several lines. Ctrl-C abandons a statement or query, Ctrl-D ends.
  .tables           the tables and the versions seen
  .schema <table>   its columns
  .help             this
  .quit             end`;

/** Answers what is typed until the input ends or `.quit`. */
export async function prompt(options: PromptOptions): Promise<void> {
  const { duckdb, tables, input, output, say } = options;
  let pending = '';
  let isRunning = false;
  const lines = createInterface({
    input,
    output,
    history: [...options.history],
    historySize: 1000,
    removeHistoryDuplicates: true,
    completer: (line: string) => completions(tables, line),
  });
  lines.on('history', options.remember);
  lines.on('SIGINT', () => {
    if (isRunning) return duckdb.interrupt();
    // To the end of the line, and all of it away.
    for (const name of ['e', 'u']) lines.write(null, { ctrl: true, name });
    pending = '';
    output.write('\n');
    ask(lines, pending);
  });
  ask(lines, pending);
  for await (const line of lines) {
    if (pending === '' && line.trim() === '.quit') return lines.close();
    if (pending === '' && line.trimStart().startsWith('.')) say(answerTo(tables, line.trim()));
    else if (pending !== '' || line.trim() !== '') {
      pending += `${line}\n`;
      if (!(await isUnfinished(duckdb, pending))) {
        isRunning = true;
        await run(options, pending);
        isRunning = false;
        pending = '';
      }
    }
    ask(lines, pending);
  }
  // Ctrl-D leaves the cursor behind the prompt.
  output.write('\n');
}

function ask(lines: Interface, pending: string): void {
  lines.setPrompt(pending === '' ? 'cpa> ' : '...> ');
  lines.prompt();
}

async function run({ duckdb, print, say }: PromptOptions, sql: string): Promise<void> {
  try {
    for await (const answer of answers(duckdb, sql)) await print(answer);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    say(error instanceof QueryInterrupted ? 'interrupted' : error.message);
  }
}

function answerTo(tables: readonly FoundTable[], line: string): string {
  const [command, name] = line.split(/\s+/);
  if (command === '.help') return help;
  if (command === '.tables') {
    return tables.map(({ name: table, snapshot }) => `${table}  version ${snapshot.version}`).join('\n');
  }
  if (command !== '.schema' || name === undefined) return `no command ${line}; .help lists them`;
  const found = tables.find((table) => table.name === name.replace(/;$/, ''));
  if (found === undefined) return `no table ${name}; .tables lists them`;
  const { columns, partitionColumns } = found.snapshot.metadata;
  return columns
    .map(({ name: column, type }) => {
      const kind = type.kind === 'decimal' ? `decimal(${type.precision},${type.scale})` : type.kind;
      return `${column}  ${kind}${partitionColumns.includes(column) ? '  partition' : ''}`;
    })
    .join('\n');
}

/** Names of tables that begin with the last word, with the layer or without, and columns of tables that the line names. */
function completions(tables: readonly FoundTable[], line: string): [string[], string] {
  const word = /[\w.]*$/.exec(line)![0];
  if (/^\s*\.\w*$/.test(line))
    return [['.tables', '.schema ', '.help', '.quit'].filter((c) => c.startsWith(word)), word];
  const names = tables.map(({ name }) => name);
  const columns = tables
    .filter(({ name }) => line.includes(name))
    .flatMap(({ snapshot }) => snapshot.metadata.columns.map((column) => column.name));
  const hits = [...new Set([...names, ...columns])].filter((name) => name.startsWith(word));
  if (hits.length > 0) return [hits, word];
  return [names.filter((name) => name.slice(name.indexOf('.') + 1).startsWith(word)), word];
}
