import type { MartPublication } from '../activities/serving.ts';
import { serving as cassandra } from './activity-options.ts';
import { martNames } from './gold.ts';
import { day, names, parseInput, yesOrNo } from './input.ts';
import { logicalDate } from './logical-date.ts';
import { attempt, failOn, type Problem } from './problems.ts';
import { progressBoard } from './progress.ts';
import { tagRun } from './search-attributes.ts';

export interface ServingResult {
  readonly publications: readonly MartPublication[];
}

/**
 * Publishes the marts to Cassandra as a diff and reads back what changed; `rebuild` rewrites everything.
 * Input (all optional): `{"marts": ["gold.org_daily_usage_by_service"], "rebuild": false, "date": "2025-08-14"}`.
 */
export async function serving(input?: unknown): Promise<ServingResult> {
  const { marts, rebuild, date } = parseInput(input, { marts: names(martNames), rebuild: yesOrNo, date: day });
  const board = progressBoard(
    'Publishes the marts to Cassandra: what differs from the last publication, then a verification.',
  );
  const wanted = marts ?? martNames;
  tagRun('serving', wanted, logicalDate(date));
  board.stage('publishing');
  const problems: Problem[] = [];
  const publications: MartPublication[] = [];
  await Promise.all(
    wanted.map((mart) =>
      attempt(mart, problems, async () => {
        publications.push(await cassandra.publish({ mart, rebuild: rebuild ?? false }));
      }),
    ),
  );
  board.stage('done');
  const result = { publications };
  failOn(problems, result);
  return result;
}
