import { BytesBuilder } from './builder-bytes.ts';
import type { BytesColumn } from './column.ts';

const open = new TextEncoder().encode('{');
const comma = new TextEncoder().encode(',');
const colon = new TextEncoder().encode(':');
const close = new TextEncoder().encode('}');

/** What of a row did not fit its columns: a JSON object text a row, null when there was nothing. */
export class RescueBuilder {
  private readonly texts = new BytesBuilder();
  private members = 0;

  reserve(rows: number): void {
    this.texts.reserve(rows);
  }

  /** Adds a member: key and value are JSON texts and go in as they stand. */
  member(key: Uint8Array, keyStart: number, keyEnd: number, value: Uint8Array, start: number, end: number): void {
    this.texts.put(this.members++ === 0 ? open : comma, 0, 1);
    this.texts.put(key, keyStart, keyEnd);
    this.texts.put(colon, 0, 1);
    this.texts.put(value, start, end);
  }

  /** Drops what was added to the row. */
  clear(row: number): void {
    this.texts.clear(row);
    this.members = 0;
  }

  endRow(row: number): void {
    if (this.members !== 0) {
      this.texts.put(close, 0, 1);
      this.texts.markValid(row);
      this.members = 0;
    }
    this.texts.endRow(row);
  }

  finish(rows: number): BytesColumn {
    return this.texts.finish(rows);
  }
}
