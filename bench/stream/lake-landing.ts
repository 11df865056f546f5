/** Landing zones for the bench of the stream. */
import { type GeneratedSummary, type GenerateOptions, generateLanding } from '../../cli/generate/landing.ts';

export type LakeSize = Pick<GenerateOptions, 'events' | 'days' | 'orgs' | 'files'>;

/** Generates masters and events with the defects of the original data. */
export function lakeLanding(out: string, size: LakeSize): Promise<GeneratedSummary> {
  return generateLanding({ ...size, seed: 1, out, defects: 'original' });
}
