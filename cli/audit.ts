/** `cpa audit`: every layer checked against the one before. */
import { type Command, Option } from 'commander';
import type { AuditReport } from '../activities/audit/report.ts';
import { loadConfig } from '../worker/config.ts';
import { note, print, type ResultColumn } from './format.ts';
import { RunFailed, runWorkflow } from './run.ts';
import { temporalFor } from './session.ts';

const columns: readonly ResultColumn[] = [
  { name: '', kind: 'text' },
  { name: 'check', kind: 'text' },
  { name: 'compared', kind: 'count' },
  { name: 'finding', kind: 'text' },
];

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('audit')
    .summary('check every layer against the one before')
    .description(
      'Runs the audit workflow: every layer against the one before, and Cassandra against Gold. Exit code 1 when a check fails.',
    )
    .addOption(
      new Option('--scope <scope>', 'changed: what changed since the last audit; everything: all of the lake')
        .choices(['changed', 'everything'])
        .default('changed'),
    )
    .addHelpText('after', '\nExamples:\n  cpa audit\n  cpa audit --scope everything')
    .action(async ({ scope }: { readonly scope: AuditReport['scope'] }) => {
      const { taskQueue, ...temporal } = await temporalFor(loadConfig(process.env));
      try {
        report(
          (await runWorkflow(temporal, 'audit', { input: { scope }, taskQueue, out: process.stderr })) as AuditReport,
        );
      } catch (error) {
        // A failed audit brings its report; what the checks found says more than the failure does.
        if (error instanceof RunFailed && error.result !== null) report(error.result as AuditReport);
        throw error;
      } finally {
        await temporal.connection.close();
      }
    });
}

function report({ checks, scope, ms }: AuditReport): void {
  print({ columns, rows: checks.map((c) => [c.passed ? '✓' : '✗', c.name, c.compared, c.finding]) }, 'table');
  const failures = checks.filter((c) => !c.passed).length;
  note(
    `${checks.length} checks of what ${scope === 'changed' ? 'changed' : 'there is'}, ${failures} failed; ${ms.toFixed(0)} ms`,
  );
}
