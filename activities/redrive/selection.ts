/** Which quarantined rows are meant. */
import type { Column } from '../../engine/columnar/column.ts';
import { valueAt } from '../../engine/columnar/column-of.ts';
import { bronzeRules } from '../../schemas/rules.ts';
import { isoDay } from '../../transforms/time.ts';

/** Every part that is not null narrows it. */
export interface Selection {
  readonly rules: readonly string[] | null;
  /** Landing files: relative to the landing zone, or their names alone. */
  readonly files: readonly string[] | null;
  /** First and last day (`YYYY-MM-DD`) of the event or of its detection. */
  readonly from: string | null;
  readonly to: string | null;
}

export const everyRow: Selection = { rules: null, files: null, from: null, to: null };

/** Columns of a quarantine table that decide. */
export const selectingColumns = ['source_file', 'rule_id', 'event_date', 'detected_date'] as const;

/** Whether a row is meant, of a quarantine table given by at least these columns. */
export function selects(selection: Selection, columns: Readonly<Record<string, Column>>): (row: number) => boolean {
  const { rules, files, from, to } = selection;
  const text = (name: string, row: number): string => String(valueAt(columns[name]!, row));
  const isWithin = (day: unknown): boolean =>
    typeof day === 'number' && isoDay(day) >= (from ?? '') && isoDay(day) <= (to ?? '9999-12-31');
  return (row) =>
    (rules === null || rules.includes(text('rule_id', row))) &&
    (files === null || files.some((file) => isFile(text('source_file', row), file))) &&
    ((from === null && to === null) ||
      isWithin(valueAt(columns.event_date!, row)) ||
      isWithin(valueAt(columns.detected_date!, row)));
}

/** Whether rows of the rule can come out of quarantine: what was superseded stays there, as history. */
export function isFinal(ruleId: string): boolean {
  return ruleId === bronzeRules.eventIdSuperseded.id;
}

function isFile(file: string, named: string): boolean {
  return file === named || file.endsWith(`/${named}`);
}
