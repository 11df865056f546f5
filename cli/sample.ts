/** A landing zone to begin with. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../worker/config.ts';
import { generateLanding } from './generate/landing.ts';

const sample = { events: 43_200, days: 60, seed: 1 } as const;

/** Generates a sample in the lake's landing folder, unless a landing zone is configured or there is one already. */
export async function ensureLanding(config: Config, log: (line: string) => void): Promise<void> {
  if (config.landingConfigured || existsSync(join(config.landing, 'customers_orgs.csv'))) return;
  const { events, files, orgs, bytes } = await generateLanding({ ...sample, out: config.landing });
  log(
    `generated a sample landing zone: ${events.toLocaleString('en')} events in ${files} files, ${orgs} organisations, ` +
      `${(bytes / 1e6).toFixed(1)} MB (seed ${sample.seed}) in ${config.landing}`,
  );
}
