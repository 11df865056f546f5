/** The data dictionary: what every table promises, as a page made from the contracts and rules in `schemas/`. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ColumnType } from '../engine/columnar/column.ts';
import { catalog } from '../schemas/catalog.ts';
import type { Layer, ServingKey, TableContract, Upstream } from '../schemas/contract.ts';
import { eventFlagRules, eventRejectRules } from '../schemas/event-rules.ts';
import { masterFlagRules } from '../schemas/master-rules.ts';
import { bronzeRules } from '../schemas/rules.ts';

interface RuleRow {
  readonly id: string;
  readonly table: string;
  readonly severity: string;
  readonly description: string;
  readonly version: number;
}

const layers: readonly (readonly [Layer, string])[] = [
  ['bronze', 'The raw exports, typed and deduplicated; nothing judged.'],
  ['silver', 'Conformed rows, judged by the rules, enriched, with history.'],
  ['gold', 'The marts, each served from Cassandra under the same name.'],
  ['quarantine', 'Rejected rows with their raw bytes and the reason.'],
  ['ops', 'What the line did.'],
];

/** The whole page, Markdown. */
export function dataDictionary(): string {
  const parts = [
    '# Data dictionary',
    'Made from the contracts in `schemas/` by `npm run docs`; not edited by hand. A table lives at `<lake>/<layer>/<name>`.\n' +
      'Fields marked *technical* say how a row came to be: they are outside row equality and the logical hash.',
  ];
  for (const [layer, doc] of layers) {
    parts.push(`## ${layer[0]!.toUpperCase()}${layer.slice(1)}`, doc);
    for (const contract of catalog.filter((c) => c.layer === layer)) parts.push(...sectionOf(contract));
  }
  parts.push('## Rules', rulesIntroduction, ...rulesSection());
  return `${parts.join('\n\n')}\n`;
}

const rulesIntroduction =
  '`reject`: the row goes to quarantine, under the first such rule in this order. `flag`: the row stays, its `flags` name the rule.';

function sectionOf(contract: TableContract): string[] {
  const { name, doc, key, partition, upstream, rulesVersion, serving, fields } = contract;
  const facts = [
    `key: ${codes(key)}`,
    `partitioned by: ${partition === null ? 'nothing' : code(partition)}`,
    ...(upstream.length === 0 ? [] : [`made from: ${upstream.map(upstreamText).join('; ')}`]),
    ...(serving === null ? [] : [`Cassandra: ${servingText(serving)}`]),
    `version of its rules: ${rulesVersion}`,
  ];
  const rows = fields.map((f) => [
    code(f.name),
    typeText(f.type),
    f.nullable ? 'yes' : 'no',
    f.technical ? `*technical* ${f.doc}` : f.doc,
  ]);
  return [
    `### ${name}`,
    `${doc}.`,
    facts.map((fact) => `- ${fact}`).join('\n'),
    markdownTable(['field', 'type', 'null', 'meaning'], rows),
  ];
}

function rulesSection(): string[] {
  const groups: readonly (readonly [string, readonly RuleRow[]])[] = [
    ['Bronze', Object.values(bronzeRules)],
    ['Silver: events', [...eventRejectRules, ...eventFlagRules]],
    ['Silver: masters', Object.values(masterFlagRules).flat()],
  ];
  return groups.flatMap(([title, rules]) => [
    `### ${title}`,
    markdownTable(
      ['rule', 'table', 'severity', 'meaning', 'version'],
      rules.map((r) => [code(r.id), code(r.table), r.severity, r.description, String(r.version)]),
    ),
  ]);
}

function typeText(type: ColumnType): string {
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision}, ${type.scale})`;
    case 'utf8':
      return 'text';
    case 'dictionary':
      return 'text (dictionary)';
    case 'timestamp':
      return 'timestamp (UTC, µs)';
    default:
      return type.kind;
  }
}

function upstreamText({ table, map }: Upstream): string {
  switch (map.kind) {
    case 'same':
      return `${code(table)} (the same partition)`;
    case 'month':
      return `${code(table)} (the days of the month)`;
    case 'window':
      return `${code(table)} (the day and the ${map.days} before)`;
    case 'whole':
      return `${code(table)} (all of it)`;
    case 'dimension':
      return `${code(table)} (the versions of its ${code(map.key)} as of the day)`;
  }
}

function servingText({ partition, clustering }: ServingKey): string {
  const order = clustering.map((c) => `${code(c.column)}${c.order === 'DESC' ? ' descending' : ''}`).join(', ');
  return `partition ${codes(partition)}${order === '' ? '' : `, ordered by ${order}`}`;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

function codes(texts: readonly string[]): string {
  return texts.map(code).join(', ');
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const path = process.argv[2];
  if (path === undefined) throw new Error('dictionary: expected the file to write');
  writeFileSync(path, dataDictionary());
}
