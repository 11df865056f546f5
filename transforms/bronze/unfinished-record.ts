/** A last record of a CSV file that is still being written. */
import type { CsvBatch } from '../../engine/columnar/csv.ts';
import { CsvRecord } from '../../engine/columnar/csv-record.ts';

const LF = 10;
const QUOTE = 34;

/**
 * Bytes of a last record without a line end that is no whole record yet, but may become one: it lacks cells, its last
 * quote is open, or it ends inside a character. 0 when there is none. A header that lacks columns, in a file without any
 * line end, counts too.
 *
 * A last record with all its cells is whole, with or without a line end; one that no more bytes can mend (other mistakes,
 * more than `maxRecordBytes`) is malformed, not unfinished. `csv` is what was decoded from the bytes.
 */
export function unfinishedBytes(bytes: Uint8Array, csv: CsvBatch, maxRecordBytes: number): number {
  if (bytes.at(-1) === LF) return 0;
  const { columns, header, rejects, rows } = csv;
  if (rows + rejects.length === 0 && header.missing.length > 0 && !bytes.includes(LF)) return bytes.length;
  if (rejects.length === 0) return 0;
  const cells = Object.keys(columns).length - header.missing.length + header.extra.length;
  // An open quote reaches to the end of the file: closed there, the record is well formed and ends there.
  const closed = new Uint8Array(bytes.length + 1);
  closed.set(bytes);
  closed[bytes.length] = QUOTE;
  const asClosed = new CsvRecord(closed);
  const asWritten = new CsvRecord(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  for (const { offset } of rejects) {
    const length = bytes.length - offset;
    if (length > maxRecordBytes) continue;
    asClosed.next(offset);
    if (asClosed.problem === null && asClosed.end === closed.length) {
      if (asClosed.cells <= cells) return length;
      continue;
    }
    asWritten.next(offset);
    if (asWritten.problem !== null || asWritten.nextStart !== bytes.length) continue;
    if (asWritten.cells < cells || (asWritten.cells === cells && endsInsideCharacter(bytes.subarray(offset)))) {
      return length;
    }
  }
  return 0;
}

/** Whether the text is UTF-8 but for a last character of which bytes are missing. */
function endsInsideCharacter(text: Uint8Array): boolean {
  return !decodes(text, false) && decodes(text, true);
}

/** Whether the text is UTF-8; `stream` lets the rest of the last character come later. */
function decodes(text: Uint8Array, stream: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(text, { stream });
    return true;
  } catch {
    return false;
  }
}
