/** Files that the page makes. */
import type { Row } from '../../../api.ts';

/** CSV as RFC 4180 has it, with the exact values; null is nothing at all. */
export function csvOf(columns: readonly { readonly key: string }[], rows: readonly Row[]): string {
  const record = (cells: readonly unknown[]) => `${cells.map(field).join(',')}\r\n`;
  return (
    record(columns.map(({ key }) => key)) +
    rows.map((row) => record(columns.map(({ key }) => row[key] ?? null))).join('')
  );
}

function field(value: unknown): string {
  if (value === null) return '';
  const text = String(value);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
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
