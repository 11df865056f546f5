/** `cpa doctor`: whether this machine has what the line needs. */
import type { Command } from 'commander';
import { checkPrerequisites } from '../stack/prerequisites.ts';
import { loadConfig } from '../worker/config.ts';
import { print } from './format.ts';

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('doctor')
    .summary('check what this machine needs')
    .description(
      'Checks what the line needs on this machine: programs, memory, disk, write access, ports. Nothing is installed, started or ' +
        'left behind. What is configured (TEMPORAL_ADDRESS, CASSANDRA_CONTACT_POINTS) needs nothing here. Exit code 1 when ' +
        'something is missing.',
    )
    .addHelpText('after', '\nExamples:\n  cpa doctor\n  CASSANDRA_CONTACT_POINTS=10.0.0.5:9042 cpa doctor')
    .action(async () => {
      const { home, lake, temporalConfigured, cassandra } = loadConfig(process.env);
      const cassandraConfigured = cassandra !== null;
      const checks = await checkPrerequisites({ home, lake, temporalConfigured, cassandraConfigured });
      const columns = ['', 'check', 'found', 'needed'].map((name) => ({ name, kind: 'text' as const }));
      print({ columns, rows: checks.map((c) => [c.ok ? '✓' : '✗', c.name, c.found, c.needed]) }, 'table');
      const missing = checks.filter((c) => !c.ok);
      if (missing.length === 0) return;
      console.log(`\n${missing.map((c) => `${c.name}: ${c.howToGet}`).join('\n')}`);
      process.exitCode = 1;
    });
}
