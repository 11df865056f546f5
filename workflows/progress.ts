/** What a run shows of itself: the page in the Temporal UI (current details), and a query. */
import { ApplicationFailure, defineQuery, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { TableResult } from '../activities/context.ts';
import type { Counts } from '../activities/counts.ts';
import { catalogue, exampleOf, type WorkflowType } from './catalogue.ts';
import type { Outcome } from './search-attributes.ts';

export interface RunProgress {
  /** What is being done now; at the end the outcome. */
  readonly stage: string;
  readonly rows: number;
  readonly tables: readonly TableResult[];
}

export const progressQuery = defineQuery<RunProgress>('progress');

export interface ProgressBoard {
  /** Names what is being done now. */
  stage(name: string): void;
  /** Adds what was done to tables. */
  add(results: readonly TableResult[]): void;
  /** Adds a paragraph below the totals. */
  note(paragraph: string): void;
  /** Shows these paragraphs in place of the tables; `rows`: how many were read so far. */
  show(paragraphs: readonly string[], rows: number): void;
  /** Says how the run ended; `error`: why it failed. */
  ended(outcome: Exclude<Outcome, 'running'>, error?: unknown): void;
  readonly tables: readonly TableResult[];
  /** Rows read. */
  readonly rows: number;
}

/** Sets up the page of a run; call it before the first `await`. */
export function progressBoard(type: WorkflowType): ProgressBoard {
  let stage = 'starting';
  let end: readonly string[] | null = null;
  let rows = 0;
  let shown: readonly string[] | null = null;
  const notes: string[] = [];
  const tables: TableResult[] = [];
  const refresh = (): void => {
    const state = end ?? [`**Now:** ${stage}`];
    const [totals, ...more] = shown ?? countsOf(tables);
    const advice = end === null ? adviceOf(type) : [];
    const about = `**What it does:** ${catalogue[type].about}`;
    setCurrentDetails([...state, totals ?? [], notes, about, ...advice, ...more].flat().join('\n\n'));
  };
  setHandler(progressQuery, () => ({ stage, rows, tables }), {
    description:
      'What the run is doing and what it has done: `{"stage": "building silver.usage_events", "rows": 43200, "tables": [...]}`. ' +
      'Takes no argument.',
  });
  refresh();
  return {
    stage(name) {
      stage = name;
      refresh();
    },
    add(results) {
      tables.push(...results);
      for (const { read } of results) rows += read;
      refresh();
    },
    note(paragraph) {
      notes.push(paragraph);
      refresh();
    },
    show(paragraphs, read) {
      shown = paragraphs;
      rows = read;
      refresh();
    },
    ended(outcome, error) {
      stage = outcome;
      end = endOf(type, outcome, error);
      refresh();
    },
    tables,
    get rows() {
      return rows;
    },
  };
}

/** What to know while it runs. */
function adviceOf(type: WorkflowType): string[] {
  return [
    '**While something fails** it is tried again: _Pending Activities_ shows which activity, its attempts and why.',
    `**If the run fails:** ${remedyOf(type)}`,
  ];
}

/** How it ended and what to do then. */
function endOf(type: WorkflowType, outcome: Exclude<Outcome, 'running'>, error: unknown): string[] {
  if (outcome === 'done') return ['**Done.**'];
  if (outcome === 'cancelled') return [`**Cancelled.** What was committed stays; start \`${type}\` again to go on.`];
  const message = error instanceof Error ? error.message : String(error);
  const isRefused = error instanceof ApplicationFailure && error.type === 'BadInput';
  const correction = `nothing was done. Start \`${type}\` again with \`{}\` or an input such as ${code(exampleOf(type))}.`;
  return [
    '**Failed:**',
    // As code: the page would turn the quotes of an example into others.
    message
      .split('\n')
      .map((line) => `- ${code(line)}`)
      .join('\n'),
    `**What to do:** ${isRefused ? correction : remedyOf(type)}`,
  ];
}

function remedyOf(type: WorkflowType): string {
  const { onFailure, runbook } = catalogue[type];
  return `${onFailure} More in docs/runbook.md: ${runbook.map((heading) => `_${heading}_`).join(', ')}.`;
}

const countNames = ['read', 'written', 'unchanged', 'quarantined', 'duplicate', 'late'] as const;

/** The totals, then a line for each table with work: a table of columns does not fit where this is shown. */
function countsOf(tables: readonly TableResult[]): string[] {
  if (tables.length === 0) return [];
  const worked = tables.filter((table) => table.read > 0 || table.partitions > 0);
  const idle = tables.length - worked.length;
  const totals = Object.fromEntries(
    countNames.map((name) => [name, worked.reduce((sum, t) => sum + t[name], 0)]),
  ) as unknown as Counts;
  const lines = worked.map(
    (t) => `- **${t.table}**: ${rowsText(t)}; ${number(t.partitions)} partitions, ${number(t.ms)} ms`,
  );
  return [
    `**Rows in all:** ${rowsText(totals)}. ${number(worked.length)} tables changed, ${number(idle)} had nothing to do.`,
    ...(lines.length === 0 ? [] : [lines.join('\n')]),
  ];
}

/** Counts in words; of those that are zero only the first two. */
function rowsText(counts: Counts): string {
  return countNames
    .filter((name, i) => i < 2 || counts[name] > 0)
    .map((name) => `${number(counts[name])} ${name}`)
    .join(', ');
}

function number(value: number): string {
  return value.toLocaleString('en');
}

/** Text as it stands, whatever backticks are in it. */
export function code(text: string): string {
  return `\`\` ${text} \`\``;
}
