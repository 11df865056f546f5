/** Records of CSV as RFC 4180 has them. */

/** A record, ended by CRLF. Null is nothing at all, empty text is `""`. */
export function csvRecord(cells: readonly (string | number | bigint | boolean | null)[]): string {
  return `${cells.map(csvField).join(',')}\r\n`;
}

function csvField(cell: string | number | bigint | boolean | null): string {
  if (cell === null) return '';
  const text = String(cell);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
