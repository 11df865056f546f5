/** How a live source puts its events into the landing zone: whole files that appear at once, or files that grow. */
import { appendFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../generate/random.ts';

/** Folder of the event files in a landing zone. */
export const eventsFolder = 'usage_events_stream';

/** A file that will not change any more. */
export interface CompletedFile {
  /** Relative to the landing zone, as in `source_file` of the lake. */
  readonly name: string;
  readonly events: number;
  readonly bytes: number;
  /** When it was complete, milliseconds since 1970. */
  readonly completedMs: number;
}

export interface WriterOptions {
  readonly landing: string;
  readonly clock: () => number;
  readonly onFile: (file: CompletedFile) => void;
}

/** Takes the events of a run, some at a time. Both reject with the error of the file system. */
export interface EventWriter {
  /** `lines` have no line ends. */
  write(lines: readonly (string | Uint8Array)[]): Promise<void>;
  /** Completes what is not complete yet. */
  end(): Promise<void>;
}

/** `YYYYMMDDThhmmssmmm`, UTC. */
function stamp(ms: number): string {
  return new Date(ms)
    .toISOString()
    .replace(/\D/g, '')
    .replace(/^\d{8}/, '$&T');
}

const lineEnd = Buffer.from('\n');
const nothing = Buffer.alloc(0);

function bytesOf(lines: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(lines.flatMap((line) => [typeof line === 'string' ? Buffer.from(line) : line, lineEnd]));
}

/** Each call writes one file, under a hidden name until it is complete. Names sort by time, then by their number in the run. */
export function renamingWriter({ landing, clock, onFile }: WriterOptions): EventWriter {
  let files = 0;
  return {
    write: async (lines) => {
      const bytes = bytesOf(lines);
      const file = `events_${stamp(clock())}Z_${String(++files).padStart(6, '0')}.jsonl`;
      const hidden = join(landing, eventsFolder, `.${file}.tmp`);
      await writeFile(hidden, bytes, { flag: 'wx' });
      const name = `${eventsFolder}/${file}`;
      await rename(hidden, join(landing, name));
      onFile({ name, events: lines.length, bytes: bytes.length, completedMs: clock() });
    },
    end: async () => undefined,
  };
}

/** Part of the appends that end in the middle of a line. */
const tornShare = 0.25;

/**
 * One file a minute (UTC), named by it and the run; each call appends to it. Some appends end in the middle of a line, the rest of
 * which comes with the next one. A file is complete, its last line whole, when the first events of another minute come.
 */
export function growingWriter({ landing, clock, onFile }: WriterOptions, run: string, random: Random): EventWriter {
  let open: { readonly name: string; events: number; bytes: number } | null = null;
  let rest: Uint8Array = nothing;
  const end = async (): Promise<void> => {
    if (open === null) return;
    if (rest.length > 0) await appendFile(join(landing, open.name), rest);
    rest = nothing;
    onFile({ ...open, completedMs: clock() });
    open = null;
  };
  return {
    write: async (lines) => {
      const name = `${eventsFolder}/events_${stamp(clock()).slice(0, 13)}Z_${run}.jsonl`;
      if (open?.name !== name) await end();
      open ??= { name, events: 0, bytes: 0 };
      const added = bytesOf(lines);
      open.events += lines.length;
      open.bytes += added.length;
      const bytes = Buffer.concat([rest, added]);
      const lastLine = bytes.lastIndexOf(lineEnd, -2) + 1;
      const kept = random.chance(tornShare) ? lastLine + 1 + random.below(bytes.length - lastLine - 2) : bytes.length;
      rest = bytes.subarray(kept);
      await appendFile(join(landing, name), bytes.subarray(0, kept));
    },
    end,
  };
}
