/** What rules and prices say is pinned under their versions: a change of meaning must come with a higher version. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { catalog } from '../../schemas/catalog.ts';
import { unitOfMetric } from '../../schemas/event-rules.ts';
import { textForms } from '../../schemas/master-rules.ts';
import { genaiPricePer1kTokensUsd } from '../../schemas/pricing.ts';
import type { IntrinsicRule, Rule } from '../../schemas/rule.ts';
import { allRules } from '../../schemas/rules.ts';

interface Pin {
  readonly version: number;
  readonly hash: string;
}
type Pins = Readonly<Record<string, Pin>>;

const hashOf = (definition: unknown): string =>
  createHash('sha256').update(JSON.stringify(definition)).digest('hex').slice(0, 16);

/** What a rule does to which rows. The words of a rule that columns do not decide are all there is of it. */
function definitionOf(rule: IntrinsicRule | Rule): unknown {
  const { id, table, severity } = rule;
  return { id, table, severity, does: 'predicate' in rule ? rule.predicate : rule.description };
}

/** What decides on the rows of a table besides its code; a rule of a higher version asks for one of the table, too. */
function decisionsOf(table: string): unknown {
  const rules = allRules.filter((r) => r.table === table).map((r) => [r.version, definitionOf(r)]);
  if (table === 'gold.org_daily_genai_usage') return { rules, price: genaiPricePer1kTokensUsd };
  if (table === 'silver.usage_events') return { rules, unitOfMetric };
  const source = catalog.find((c) => c.name === table)?.upstream[0]?.table.replace('bronze.', '') ?? '';
  return { rules, textForms: table.startsWith('silver.') ? textForms[source] : undefined };
}

function currentPins(): Pins {
  return Object.fromEntries([
    ...allRules.map((r) => [`rule ${r.table}/${r.id}`, { version: r.version, hash: hashOf(definitionOf(r)) }]),
    ...catalog
      .filter((c) => c.layer === 'silver' || c.layer === 'gold')
      .map((c) => [`table ${c.name}`, { version: c.rulesVersion, hash: hashOf(decisionsOf(c.name)) }]),
  ]);
}

/** What is wrong with the current pins, one line each. */
function wrongs(pinned: Pins, current: Pins): string[] {
  const wrong: string[] = [];
  for (const name of new Set([...Object.keys(pinned), ...Object.keys(current)])) {
    const [was, is] = [pinned[name], current[name]];
    if (was === undefined || is === undefined) wrong.push(`${name} is ${is === undefined ? 'gone' : 'new'}: pin it`);
    else if (is.version < was.version) wrong.push(`${name}: version ${is.version} was ${was.version}`);
    else if (is.version > was.version) wrong.push(`${name} has version ${is.version}: pin it`);
    else if (is.hash !== was.hash) wrong.push(`${name} means something else than version ${was.version}: raise it`);
  }
  return wrong;
}

test('no rule, price or form of text changes its meaning without a higher version', () => {
  const pinned = JSON.parse(readFileSync('test/transforms/rules-versions.json', 'utf8')) as Pins;
  const current = currentPins();
  assert.deepEqual(wrongs(pinned, current), [], `pins now: ${JSON.stringify(current, null, 2)}`);
});

test('a change of meaning under the same version is found, and so is a version that goes down', () => {
  const pin = (version: number, meaning: string): Pins => ({ r: { version, hash: hashOf(meaning) } });
  assert.deepEqual(wrongs(pin(1, 'a'), pin(1, 'a')), []);
  assert.match(wrongs(pin(1, 'a'), pin(1, 'b'))[0]!, /raise it/);
  assert.match(wrongs(pin(2, 'a'), pin(1, 'b'))[0]!, /was 2/);
  assert.match(wrongs(pin(1, 'a'), pin(2, 'b'))[0]!, /pin it/);
  assert.match(wrongs({}, pin(1, 'a'))[0]!, /new/);
});
