/** `cpa quarantine`: rejected rows, counted, shown, taken out as files. */
import { type Command, Option } from 'commander';
import { masters } from '../schemas/bronze.ts';
import { calendarDay, formatOption, lakeOption, wholeNumber } from './options.ts';
import { exportHeld } from './quarantine/export.ts';
import { listHeld } from './quarantine/list.ts';
import { showHeld } from './quarantine/show.ts';

const examples = `
Examples:
  cpa quarantine list
  cpa quarantine show --source usage_events --rule event_id_conflict --limit 5
  cpa quarantine show --date 2025-07-03 --format json
  cpa quarantine export --rule unparseable > unparseable.jsonl
  cpa quarantine export --output held.jsonl

Rows come out of quarantine when a rule or an input was mended: cpa run redrive '{"rules": ["unparseable"]}'`;

const sources = ['usage_events', ...masters.map(({ name }) => name)];

/** Adds the command. */
export function register(program: Command): void {
  const quarantine = program
    .command('quarantine')
    .summary('rejected rows: list, show, export')
    .description(
      'Rows that a rule of Bronze or Silver rejected are kept in quarantine with their raw bytes, the rule and the reason.',
    )
    .addHelpText('after', examples);
  quarantine
    .command('list')
    .description('rows and money held, by source, layer and rule')
    .addOption(sourceOption())
    .addOption(lakeOption())
    .addOption(formatOption())
    .action(listHeld);
  quarantine
    .command('show')
    .description('rows: where they stood, why they were rejected, how they begin')
    .addOption(sourceOption())
    .addOption(ruleOption())
    .addOption(dateOption())
    .option('--limit <rows>', 'rows to print at most', wholeNumber(1), 20)
    .addOption(lakeOption())
    .addOption(formatOption())
    .action(showHeld);
  quarantine
    .command('export')
    .description('all rows as JSON lines, with the raw bytes: `raw` as text, or `raw_base64` where they are not UTF-8')
    .addOption(sourceOption())
    .addOption(ruleOption())
    .addOption(dateOption())
    .option('--output <file>', 'file to write; default: the standard output')
    .addOption(lakeOption())
    .action(exportHeld);
}

function sourceOption(): Option {
  return new Option('--source <name>', 'what was read').choices(sources);
}

function ruleOption(): Option {
  return new Option('--rule <id>', 'rule that rejected the rows');
}

function dateOption(): Option {
  return new Option('--date <YYYY-MM-DD>', 'day of the event, or day it was rejected').argParser(calendarDay);
}
