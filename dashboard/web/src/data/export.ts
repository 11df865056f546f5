/** Files that the page makes. */
import { csvRecord } from '../../../../engine/columnar/csv-text.ts';
import type { Row } from '../../../api.ts';

/** The rows as CSV, with the exact values. */
export function csvOf(columns: readonly { readonly key: string }[], rows: readonly Row[]): string {
  const record = (row: Row) => csvRecord(columns.map(({ key }) => row[key] ?? null));
  return csvRecord(columns.map(({ key }) => key)) + rows.map(record).join('');
}

/** Offers a file for download. */
export function download(name: string, content: Blob | string): void {
  const blob = typeof content === 'string' ? new Blob([content], { type: 'text/csv;charset=utf-8' }) : content;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
