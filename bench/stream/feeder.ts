/** Feeds a stream file by file, as fast as it takes them. */
import { watch } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CompletedFile, type ProduceSummary, produceEvents } from '../../cli/produce/produce-events.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { pathOf } from '../../schemas/contract.ts';
import { landingFiles } from '../../schemas/ops.ts';

export interface FeederOptions {
  readonly landing: string;
  readonly lakeRoot: string;
  readonly lake: Lake;
  /** Files, each of which is to become a micro-batch. */
  readonly files: number;
  /** Least and most events of a file. */
  readonly filesOf: readonly [number, number];
  readonly onFile: (file: CompletedFile) => void;
  /** The micro-batch of the next file was planned, milliseconds since the start of this process. */
  readonly onBatch: (atMs: number) => void;
}

/** Without a sign of a commit the log is looked at so often. */
const lookMs = 1000;
const patienceMs = 120_000;

/**
 * Writes a file whenever the one before it has been planned: never more than one waits, so that each is a micro-batch, and there is
 * one when the stream looks. Returns when all are planned. The lake has micro-batches already. Throws when a file does not
 * become a micro-batch in two minutes.
 */
export async function feed(options: FeederOptions): Promise<ProduceSummary> {
  const { landing, lakeRoot, lake, files, filesOf, onBatch } = options;
  const table = lake.table(landingFiles.name);
  const planned = async (): Promise<number> => (await table.latest())?.txns.get('stream') ?? -1;
  const before = await planned();
  let noticed: () => void = () => undefined;
  const watcher = watch(`${lakeRoot}/${pathOf(landingFiles.name)}/_delta_log`, () => noticed());
  let written = 0;
  let done = 0;
  /** Until all files written so far are planned. */
  const turn = async (): Promise<void> => {
    const giveUpMs = performance.now() + patienceMs;
    while (done < written) {
      if (performance.now() > giveUpMs) throw new Error(`file ${written} of ${files} has not become a micro-batch`);
      const looked = new Promise<void>((resolve) => {
        noticed = resolve;
      });
      const now = (await planned()) - before;
      for (; done < now; done++) onBatch(performance.now());
      if (done < written) await Promise.race([looked, sleep(lookMs, undefined, { ref: false })]);
    }
  };
  const end = new AbortController();
  const startedMs = Date.now();
  try {
    // The source's clock stands still, so that every file is early and waits for its turn.
    return await produceEvents({
      ...{ landing, filesOf, rate: 1000, durationMs: files * filesOf[1] },
      ...{ late: 0.02, duplicate: 0.01, malformed: 0.005, dates: 2, seed: 1 },
      signal: end.signal,
      clock: () => startedMs,
      sleep: async () => {
        await turn();
        if (written === files) end.abort();
      },
      onFile: (file) => {
        written++;
        options.onFile(file);
      },
    });
  } finally {
    watcher.close();
  }
}
