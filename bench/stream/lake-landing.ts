/** Landing zones for the bench of the stream. */
import { type GeneratedSummary, type GenerateOptions, generateLanding } from '../../cli/generate/landing.ts';
import type { Rig } from './rig.ts';

export type LakeSize = Pick<GenerateOptions, 'events' | 'days' | 'orgs' | 'files'>;

/** Generates masters and events with the defects of the original data. */
export function lakeLanding(out: string, size: LakeSize): Promise<GeneratedSummary> {
  return generateLanding({ ...size, seed: 1, out, defects: 'original' });
}

/** Fills an empty landing zone and runs the whole line on it. */
export async function fillLake(
  { landing, dailyRun }: Pick<Rig, 'landing' | 'dailyRun'>,
  size: LakeSize,
): Promise<void> {
  await lakeLanding(landing, size);
  await dailyRun();
}
