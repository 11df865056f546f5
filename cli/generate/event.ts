/** One usage event: how its numbers are drawn, and its line, spaced as the original data is (`{"a": 1, "b": 2}`). */
import { text4, text6 } from './numbers.ts';
import type { Resource } from './organisations.ts';
import type { Random } from './random.ts';
import type { EventNumbers } from './truth.ts';

interface MetricKind {
  readonly name: 'requests' | 'cpu_hours' | 'storage_gb_hours';
  readonly unit: string;
  readonly mean: number;
  readonly deviation: number;
}

const metrics: readonly (readonly [MetricKind, number])[] = [
  [{ name: 'requests', unit: 'count', mean: 120, deviation: 11 }, 45],
  [{ name: 'storage_gb_hours', unit: 'gb_hours', mean: 10, deviation: 8 }, 30],
  [{ name: 'cpu_hours', unit: 'hours', mean: 1.8, deviation: 1.5 }, 25],
];

const pricePerUnit: Readonly<Record<string, number>> = {
  compute: 0.08,
  storage: 0.02,
  database: 0.05,
  networking: 0.01,
  analytics: 0.07,
  genai: 0.12,
};

const minutes = Array.from({ length: 1440 }, (_, minute) => {
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}:00Z`;
});

/** An event as drawn. `value4` and `cost4` are integers × 10^-4, `carbon6` × 10^-6. Reused from line to line. */
export interface Draft {
  id: string;
  /** `YYYY-MM-DD`. */
  date: string;
  /** `hh:mm:ssZ`. */
  time: string;
  resource: Resource;
  metric: MetricKind;
  value4: number;
  valueKind: 'number' | 'text' | 'null';
  hasUnit: boolean;
  cost4: number;
  schemaVersion: 1 | 2;
  carbon6: number;
  tokens: number;
}

/**
 * Draws an event with the distributions and defects of the original data: 3% of values as text, 2% null, 5% without unit, 0.5% of
 * costs negative (most below −0.01), 0.4% about twenty times the usual. Schema version 1 states neither carbon nor tokens;
 * tokens come with the service genai only.
 */
export function drawEvent(date: string, schemaVersion: 1 | 2, resource: Resource, random: Random, into: Draft): void {
  const metric = random.weighted(metrics);
  const drawn = Math.max(0, metric.mean + metric.deviation * random.gauss());
  const value4 = metric.name === 'requests' ? Math.round(drawn) * 10_000 : Math.round(drawn * 10_000);
  let cost4 = Math.round(value4 * pricePerUnit[resource.service]! * (1 + 0.15 * random.gauss()));
  const unusual = random.below(10_000);
  if (unusual < 50) cost4 = -cost4;
  // The two are independent in the original, where one cost is both.
  if (unusual % 250 === 1) cost4 = Math.round(cost4 * (20 + 3 * random.gauss()));
  const valueKind = random.below(100);
  into.id = `evt_${random.id(12)}`;
  into.date = date;
  into.time = minutes[random.below(1440)]!;
  into.resource = resource;
  into.metric = metric;
  into.value4 = value4;
  into.valueKind = valueKind < 3 ? 'text' : valueKind < 5 ? 'null' : 'number';
  into.hasUnit = !random.chance(0.05);
  into.cost4 = cost4;
  into.schemaVersion = schemaVersion;
  into.carbon6 = into.valueKind === 'null' ? 0 : Math.round(value4 / 50);
  into.tokens = resource.service === 'genai' ? Math.round(Math.abs(780 + 480 * random.gauss())) : 0;
}

/** Takes the defects of the original data from an event, so that one put in is its only one. */
export function makeSound(draft: Draft): void {
  draft.valueKind = 'number';
  draft.hasUnit = true;
  draft.cost4 = Math.abs(draft.cost4);
  draft.carbon6 = Math.round(draft.value4 / 50);
}

/** Whether costs of the service can be drawn. */
export function hasPrice(service: string): boolean {
  return Object.hasOwn(pricePerUnit, service);
}

const resourceTexts = new WeakMap<Resource, string>();

function resourceText(resource: Resource): string {
  let text = resourceTexts.get(resource);
  if (text === undefined) {
    const { org, id, service, region } = resource;
    text = `${org}", "resource_id": "${id}", "service": "${service}", "region": "${region}", "metric": "`;
    resourceTexts.set(resource, text);
  }
  return text;
}

function valueText(draft: Draft): string {
  if (draft.valueKind === 'null') return 'null';
  return draft.valueKind === 'text' ? `"${text4(draft.value4)}"` : text4(draft.value4);
}

/** The line of an event, without its line end. */
export function lineOf(draft: Draft): string {
  const unit = draft.hasUnit ? `"${draft.metric.unit}"` : 'null';
  const head = `{"event_id": "${draft.id}", "timestamp": "${draft.date}T${draft.time}", "org_id": "${resourceText(draft.resource)}`;
  const body = `${draft.metric.name}", "value": ${valueText(draft)}, "unit": ${unit}, "cost_usd_increment": ${text4(draft.cost4)}`;
  if (draft.schemaVersion === 1) return `${head}${body}, "schema_version": 1}`;
  const carbon = `${body}, "schema_version": 2, "carbon_kg": ${text6(draft.carbon6)}`;
  return draft.resource.service === 'genai'
    ? `${head}${carbon}, "genai_tokens": ${draft.tokens}}`
    : `${head}${carbon}}`;
}

/** The fields of an event in order, each with the JSON text of its value. */
export function fieldsOf(draft: Draft): [name: string, json: string][] {
  const { resource, metric } = draft;
  const fields: [string, string][] = [
    ['event_id', `"${draft.id}"`],
    ['timestamp', `"${draft.date}T${draft.time}"`],
    ['org_id', `"${resource.org}"`],
    ['resource_id', `"${resource.id}"`],
    ['service', `"${resource.service}"`],
    ['region', `"${resource.region}"`],
    ['metric', `"${metric.name}"`],
    ['value', valueText(draft)],
    ['unit', draft.hasUnit ? `"${metric.unit}"` : 'null'],
    ['cost_usd_increment', text4(draft.cost4)],
    ['schema_version', String(draft.schemaVersion)],
  ];
  if (draft.schemaVersion === 2) {
    fields.push(['carbon_kg', text6(draft.carbon6)]);
    if (resource.service === 'genai') fields.push(['genai_tokens', String(draft.tokens)]);
  }
  return fields;
}

/** The line of fields, spaced as the original data is. */
export function joinFields(fields: readonly (readonly [string, string])[]): string {
  return `{${fields.map(([name, json]) => `"${name}": ${json}`).join(', ')}}`;
}

/** The numbers a correct pipeline reads from an event. */
export function numbersOf(draft: Draft, into: EventNumbers): void {
  const v2 = draft.schemaVersion === 2;
  into.cost6 = draft.cost4 * 100;
  into.measure = draft.metric.name;
  into.value6 = draft.valueKind === 'null' ? 0 : draft.value4 * 100;
  into.tokens6 = v2 && draft.resource.service === 'genai' ? draft.tokens * 1_000_000 : 0;
  into.carbon9 = v2 ? draft.carbon6 * 1000 : 0;
}
