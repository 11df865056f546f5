/**
 * The Parquet library: WebAssembly, one instance for each thread.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as parquet from 'parquet-wasm/esm';

let started = false;

/**
 * The library, instantiated on first use (about 30 ms). The ES module build is used everywhere because the CommonJS build
 * does not work in worker threads. Its memory (at most 4 GB) grows and never shrinks: a long-lived thread that handled a
 * large file keeps that much.
 */
export function parquetLibrary(): typeof parquet {
  if (!started) {
    const file = fileURLToPath(import.meta.resolve('parquet-wasm/esm/parquet_wasm_bg.wasm'));
    parquet.initSync({ module: readFileSync(file) });
    started = true;
  }
  return parquet;
}
