/** Requests at a steady rate, whether or not those before are answered: a slow answer does not make room for itself. */
import { Agent, get } from 'node:http';
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
  const agent = new Agent({ keepAlive: true });
  const times: number[] = [];
  const pending: Promise<void>[] = [];
  const startMs = performance.now();
  const warm = rate * warmSeconds;
  for (let n = 0; n < warm + rate * seconds; n++) {
    const dueMs = startMs + (n * 1000) / rate;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    const asked = ask(url + address(n), agent).then(() => {
      if (n >= warm) times.push(performance.now() - dueMs);
    });
    // Thrown when all are awaited.
    asked.catch(() => undefined);
    pending.push(asked);
  }
  await Promise.all(pending).finally(() => agent.destroy());
  return times;
}

/** As a browser asks; the body is not unpacked, which the browser's machine would do. */
function ask(address: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(address, { agent, headers: { 'accept-encoding': 'gzip' } }, (response) => {
      const { statusCode } = response;
      if (statusCode === 200) response.resume();
      else reject(new Error(`${address}: ${statusCode} ${response.statusMessage}`));
      response.on('end', resolve).on('error', reject);
    });
    request.on('error', reject);
  });
}
