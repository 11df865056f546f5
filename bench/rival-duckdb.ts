/** The rival in speed: the same line, from landing to the daily mart, in DuckDB on two threads. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What one run took and made. Row counts and the Silver cost show that it did the same work. */
export interface DuckdbLine {
  readonly steps: readonly { readonly name: string; readonly ms: number }[];
  readonly totalMs: number;
  readonly rows: { readonly bronze: number; readonly silver: number; readonly daily: number };
  /** Sum of the Silver cost, six decimals. */
  readonly costUsd: string;
  readonly peakRssBytes: number;
  /** Processor time of the steps, all threads, seconds. */
  readonly cpuSeconds: number;
}

/**
 * Landing → Bronze (distinct event ids) → Silver (rules, both joins) → daily mart, each as Parquet by date under `outDir`,
 * which must be empty. In a child process, so that its memory is its own; starting DuckDB is not counted. It knows the defects of
 * the original data; of others it may drop more rows than the rules say. Throws when the child fails.
 */
export function runDuckdbLine(landing: string, outDir: string): Promise<DuckdbLine> {
  const child = fork(fileURLToPath(new URL('./rival-duckdb-child.js', import.meta.url)), [landing, outDir]);
  return new Promise((resolve, reject) => {
    let line: DuckdbLine | undefined;
    child.on('message', (message) => {
      line = message as DuckdbLine;
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (code === 0 && line !== undefined) resolve(line);
      else reject(new Error(`the DuckDB line failed on ${landing} (exit ${code ?? signal})`));
    });
  });
}
