import type { MartPublication } from '../activities/serving.ts';
import { serving as cassandra } from './activity-options.ts';
import { knownTables } from './added-tables.ts';
import { concluded } from './conclude.ts';
import { martNames } from './gold.ts';
import { day, names, parseInput, yesOrNo } from './input.ts';
import { logicalDate } from './logical-date.ts';
import { attempt, failOn, type Problem } from './problems.ts';
import type { ProgressBoard } from './progress.ts';
import { tagRun } from './search-attributes.ts';

export interface ServingResult {
  readonly publications: readonly MartPublication[];
}

/**
 * Publishes the marts to Cassandra as a diff and reads back what changed; `rebuild` rewrites everything.
 * Input (all optional): `{"marts": ["gold.org_daily_usage_by_service"], "rebuild": false, "date": "2025-08-14"}`.
 */
export function serving(input?: unknown): Promise<ServingResult> {
  return concluded('serving', (board) => publishMarts(board, input));
}

async function publishMarts(board: ProgressBoard, input: unknown): Promise<ServingResult> {
  const { marts, rebuild, date } = parseInput(input, { marts: names(martNames), rebuild: yesOrNo, date: day });
  const wanted = marts ?? knownTables(martNames);
  tagRun('serving', wanted, logicalDate(date));
  board.stage('publishing');
  const problems: Problem[] = [];
  const publications: MartPublication[] = [];
  await Promise.all(
    wanted.map((mart) =>
      attempt(mart, problems, async () => {
        const request = { mart, rebuild: rebuild ?? false };
        publications.push(await cassandra.publish.executeWithOptions({ summary: `Publish ${mart}` }, [request]));
        board.show(publicationsText(publications), sum(publications, 'verified'));
      }),
    ),
  );
  const result = { publications };
  failOn(problems, result);
  return result;
}

/** What a page shows of publications: the totals, then a line for each mart that changed. */
export function publicationsText(publications: readonly MartPublication[]): string[] {
  const changed = publications.filter((publication) => !publication.unchanged);
  const idle = publications.length - changed.length;
  const lines = changed.map((publication) => `- **${publication.mart}**: ${rowsText([publication])}`);
  return [
    `**Rows in Cassandra:** ${rowsText(changed)}. ${changed.length} marts changed, ${idle} had nothing to do.`,
    ...(lines.length === 0 ? [] : [lines.join('\n')]),
  ];
}

function rowsText(of: readonly MartPublication[]): string {
  const [written, deleted, verified] = (['written', 'deleted', 'verified'] as const).map((name) =>
    sum(of, name).toLocaleString('en'),
  );
  return `${written} written, ${deleted} deleted, ${verified} read back and found equal`;
}

function sum(of: readonly MartPublication[], name: 'written' | 'deleted' | 'verified'): number {
  return of.reduce((total, publication) => total + publication[name], 0);
}
