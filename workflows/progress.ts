/** What a run shows of itself while it goes on: current details in the UI, and a query. */
import { defineQuery, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { TableResult } from '../activities/context.ts';

export interface RunProgress {
  readonly stage: string;
  readonly tables: readonly TableResult[];
}

export const progressQuery = defineQuery<RunProgress>('progress');

export interface ProgressBoard {
  /** Names what is being done now. */
  stage(name: string): void;
  /** Adds what was done. */
  add(results: readonly TableResult[]): void;
  readonly tables: readonly TableResult[];
}

/** Sets up the board; call it before the first `await`. */
export function progressBoard(about: string): ProgressBoard {
  let stage = 'starting';
  const tables: TableResult[] = [];
  const show = (): void => setCurrentDetails(`${about}\n\n**Now:** ${stage}\n\n${markdown(tables)}`);
  setHandler(progressQuery, () => ({ stage, tables }), {
    description:
      'What the run is doing and what it has done: `{"stage": "silver", "tables": [...]}`. Takes no argument.',
  });
  show();
  return {
    stage(name) {
      stage = name;
      show();
    },
    add(results) {
      tables.push(...results);
      show();
    },
    tables,
  };
}

function markdown(tables: readonly TableResult[]): string {
  if (tables.length === 0) return '';
  const rows = tables.map(
    (t) =>
      `| ${t.table} | ${t.version} | ${t.partitions} | ${t.read} | ${t.written} | ${t.unchanged} | ${t.quarantined} | ${t.duplicate} | ${t.late} | ${t.ms} |`,
  );
  return [
    '| table | version | partitions | read | written | unchanged | quarantined | duplicate | late | ms |',
    '| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |',
    ...rows,
  ].join('\n');
}
