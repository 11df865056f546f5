/** The event lines of a landing zone, cut and judged with nothing but `Buffer.indexOf`, `TextDecoder` and `JSON.parse`. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A line that is a row. `text` is null when it is not a JSON object in UTF-8 of at most 1 MiB. */
export interface LandingLine {
  readonly file: string;
  /** Line in the file, from 1. */
  readonly row: number;
  readonly text: string | null;
  /** Modification time of the file, milliseconds since 1970. */
  readonly landedMs: number;
}

const longest = 1024 * 1024;

/** The rows of every event file in the order of names, and how many unfinished last lines wait for the rest. */
export function landingLines(landing: string): { lines: LandingLine[]; waiting: number } {
  const folder = join(landing, 'usage_events_stream');
  const lines: LandingLine[] = [];
  let waiting = 0;
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => !/^[_.]|\.(tmp|part)$/.test(name)) : [];
  for (const file of names.sort()) {
    const bytes = readFileSync(join(folder, file));
    const landedMs = statSync(join(folder, file)).mtimeMs;
    let row = 0;
    for (let start = 0; start < bytes.length; ) {
      const lineEnd = bytes.indexOf(10, start);
      const line = bytes.subarray(start, lineEnd < 0 ? bytes.length : lineEnd);
      start += line.length + 1;
      row++;
      if (/^[\s\ufeff]*$/.test(line.subarray(0, 4096).toString('latin1')) && line.length < 4096) continue;
      const text = jsonObject(line);
      if (text === null && lineEnd < 0) waiting++;
      else lines.push({ file, row, text, landedMs });
    }
  }
  return { lines, waiting };
}

function jsonObject(line: Uint8Array): string | null {
  if (line.length > longest) return null;
  try {
    // The decoder takes a byte order mark away.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(line);
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? text : null;
  } catch {
    return null;
  }
}
