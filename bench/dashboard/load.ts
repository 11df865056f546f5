/** Requests at a steady rate, whether or not those before are answered: a slow answer does not make room for itself. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface LoadOptions {
  /** Requests a second. */
  readonly rate: number;
  readonly seconds: number;
  /** Requests before those that count. */
  readonly warmSeconds: number;
}

/** Asks for `address(n)` as n goes up; gives the times until the whole body was there, from when it was due, milliseconds. */
export async function load(
  url: string,
  address: (n: number) => string,
  { rate, seconds, warmSeconds }: LoadOptions,
): Promise<number[]> {
  const times: number[] = [];
  const pending: Promise<void>[] = [];
  const startMs = performance.now();
  const warm = rate * warmSeconds;
  for (let n = 0; n < warm + rate * seconds; n++) {
    const dueMs = startMs + (n * 1000) / rate;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    const asked = ask(url + address(n)).then(() => {
      if (n >= warm) times.push(performance.now() - dueMs);
    });
    // Thrown when all are awaited.
    asked.catch(() => undefined);
    pending.push(asked);
  }
  await Promise.all(pending);
  return times;
}

async function ask(address: string): Promise<void> {
  const response = await fetch(address);
  const body = await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`${address}: ${response.status} ${Buffer.from(body).toString()}`);
}
