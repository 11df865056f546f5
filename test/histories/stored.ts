/** Stored histories: JSON as the Temporal CLI exports it, compressed, with nothing of the machine that recorded them. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

/** In the sources: what is compiled has no copy. */
const folder = join(import.meta.dirname, '../../../test/histories');
const ending = '.json.gz';

/** A history as JSON. */
export interface StoredHistory {
  readonly events: readonly {
    readonly workflowExecutionStartedEventAttributes?: {
      readonly workflowId: string;
      readonly workflowType: { readonly name: string };
    };
  }[];
}

/** Every stored history by the name of its recording. */
export function storedHistories(): ReadonlyMap<string, StoredHistory> {
  const files = readdirSync(folder).filter((file) => file.endsWith(ending));
  return new Map(files.sort().map((file) => [file.slice(0, -ending.length), historyIn(file)]));
}

function historyIn(file: string): StoredHistory {
  return JSON.parse(gunzipSync(readFileSync(join(folder, file))).toString()) as StoredHistory;
}

/** Stores a history in place of the one of that name. Gives the size of its file. */
export function store(name: string, history: StoredHistory): number {
  const bytes = gzipSync(`${JSON.stringify(history, null, 1)}\n`, { level: 9 });
  writeFileSync(join(folder, `${name}${ending}`), bytes);
  return bytes.length;
}

/** The type and the id of the workflow whose history this is. Throws when it does not begin with a start. */
export function startOf({ events }: StoredHistory): { readonly type: string; readonly workflowId: string } {
  const start = events[0]?.workflowExecutionStartedEventAttributes;
  if (start === undefined) throw new Error('a stored history does not begin with the start of a workflow');
  return { type: start.workflowType.name, workflowId: start.workflowId };
}

/**
 * The history without stack traces and with `names` (a text of the machine → what stands in its place) replaced wherever they
 * appear, in payloads too.
 */
export function impersonal(history: StoredHistory, names: ReadonlyMap<string, string>): StoredHistory {
  const replaced = (text: string): string => {
    let result = text;
    for (const [name, instead] of names) result = result.replaceAll(name, instead);
    return result;
  };
  const encoded = (data: string): string => {
    const text = Buffer.from(data, 'base64').toString();
    return replaced(text) === text ? data : Buffer.from(replaced(text)).toString('base64');
  };
  return JSON.parse(JSON.stringify(history), (key, value: unknown) => {
    if (key === 'stackTrace') return undefined;
    if (typeof value !== 'string') return value;
    return key === 'data' ? encoded(value) : replaced(value);
  }) as StoredHistory;
}
