/**
 * The defects the original data lacks. Each variant changes one healthy event into a line of its class and says what a correct
 * pipeline makes of it.
 */
import { type Draft, fieldsOf, joinFields } from './event.ts';
import { text4 } from './numbers.ts';
import type { EventNumbers, RejectRule } from './truth.ts';

/** An event being spoilt: its fields as JSON texts, and the numbers that will be read from it. */
export class Spoiling {
  readonly draft: Readonly<Draft>;
  readonly numbers: EventNumbers;
  readonly fields: [string, string][];

  constructor(draft: Readonly<Draft>, numbers: EventNumbers) {
    this.draft = draft;
    this.numbers = numbers;
    this.fields = fieldsOf(draft);
  }
  set(name: string, json: string): void {
    const field = this.fields.find(([n]) => n === name);
    if (field === undefined) this.fields.push([name, json]);
    else field[1] = json;
  }
  remove(...names: string[]): void {
    for (const name of names) {
      const at = this.fields.findIndex(([n]) => n === name);
      if (at >= 0) this.fields.splice(at, 1);
    }
  }
  get line(): string {
    return joinFields(this.fields);
  }
}

/** A kind of defect. `apply` changes the event or returns the raw line instead; `rule` is its fate, null: it reaches Silver. */
export interface Variant {
  readonly name: string;
  readonly rule: RejectRule | null;
  /** The event must state carbon, so its schema version is 2. */
  readonly statesCarbon?: true;
  readonly apply: (event: Spoiling) => string | Uint8Array | undefined;
}

/** Rules of Bronze: their rows are never written there. */
export const bronzeRules: ReadonlySet<RejectRule> = new Set<RejectRule>([
  'unparseable',
  'event_id_missing',
  'timestamp_invalid',
  'timestamp_out_of_range',
  'event_id_conflict',
]);

function raw(name: RejectRule, make: (line: string) => string | Uint8Array): Variant {
  return { name, rule: name, apply: (event) => make(event.line) };
}

function reject(rule: RejectRule, change: (event: Spoiling) => void, name: string = rule): Variant {
  return {
    name,
    rule,
    apply: (event) => {
      change(event);
      return undefined;
    },
  };
}

function keep(name: string, change: (event: Spoiling) => unknown): Variant {
  return {
    name,
    rule: null,
    apply: (event) => {
      const line = change(event);
      return typeof line === 'string' ? line : undefined;
    },
  };
}

const notText = (line: string): Uint8Array => {
  const bytes = Buffer.from(line.replace('"region": "', '"region": "?'));
  bytes[bytes.indexOf('?')] = 0xff;
  return bytes;
};

const unparseable: readonly Variant[] = [
  raw('unparseable', (line) => line.slice(0, Math.floor(line.length / 2))),
  raw('unparseable', (line) => `[${line}]`),
  raw('unparseable', () => 'null'),
  raw('unparseable', () => 'ERROR 2025-07-03 upstream timed out'),
  raw('unparseable', (line) => `${line} x`),
  raw('unparseable', (line) => line + line),
  raw('unparseable', (line) => line.replaceAll('"', "'")),
  raw('unparseable', (line) => line.replace('"value": ', '"value": 0')),
  raw('unparseable', (line) => line.replace('"region": "', '"region": "\t')),
  raw('unparseable', notText),
];

const missing: readonly Variant[] = [
  reject('event_id_missing', (e) => e.remove('event_id')),
  reject('event_id_missing', (e) => e.set('event_id', 'null')),
  reject('event_id_missing', (e) => e.set('event_id', '""')),
  // The first rule of the table that applies gives the reason.
  reject('event_id_missing', (e) => {
    e.remove('event_id');
    e.set('timestamp', '"yesterday"');
  }),
  reject('timestamp_invalid', (e) => e.remove('timestamp')),
  reject('timestamp_invalid', (e) => e.set('timestamp', 'null')),
  reject('timestamp_invalid', (e) => e.set('timestamp', `"${e.draft.date}"`)),
  reject('timestamp_invalid', (e) => e.set('timestamp', '1751500800')),
  reject('timestamp_invalid', (e) => e.set('timestamp', `"${e.draft.date.slice(0, 4)}-02-30T10:00:00Z"`)),
  reject('timestamp_invalid', (e) => e.set('timestamp', '"03/07/2025 10:00"')),
  reject('timestamp_out_of_range', (e) => e.set('timestamp', '"1999-12-31T23:59:59Z"')),
  reject('timestamp_out_of_range', (e) => e.set('timestamp', '"2199-01-01T00:00:00Z"')),
  reject('org_id_missing', (e) => e.remove('org_id')),
  reject('org_id_missing', (e) => e.set('org_id', '""')),
  reject('org_id_missing', (e) => {
    e.set('org_id', 'null');
    e.set('cost_usd_increment', '-5.0');
  }),
  reject('cost_missing', (e) => e.remove('cost_usd_increment')),
  reject('cost_missing', (e) => e.set('cost_usd_increment', '"n/a"')),
  reject('cost_missing', (e) => e.set('cost_usd_increment', '{"amount": 1.5}')),
  reject('cost_missing', (e) => e.set('cost_usd_increment', 'true')),
  reject('value_not_numeric', (e) => e.set('value', '"many"')),
  reject('value_not_numeric', (e) => e.set('value', '{"amount": 3.5}')),
  reject('value_not_numeric', (e) => e.set('value', 'false')),
  reject('value_out_of_range', (e) => e.set('value', '1000000000000.0')),
  reject('cost_usd_increment_out_of_range', (e) => e.set('cost_usd_increment', '1e+18')),
  { ...reject('carbon_kg_out_of_range', (e) => e.set('carbon_kg', '1000000000.0')), statesCarbon: true },
];

const flagged: readonly Variant[] = [
  keep('org_unknown', (e) => e.set('org_id', '"org_nowhere0"')),
  keep('resource_unknown', (e) => e.set('resource_id', '"res_nowhere0"')),
  keep('resource_missing', (e) => e.remove('resource_id')),
  keep('service_unknown', (e) => e.set('service', '"quantum"')),
  keep('service_missing', (e) => e.set('service', 'null')),
  keep('metric_unknown', (e) => {
    e.set('metric', '"gpu_hours"');
    e.numbers.measure = null;
  }),
  keep('metric_missing', (e) => {
    e.remove('metric');
    e.numbers.measure = null;
  }),
  keep('value_negative', (e) => {
    e.set('value', '-3.5');
    e.numbers.value6 = -3_500_000;
  }),
  keep('unit_contradicts_metric', (e) => e.set('unit', e.draft.metric.unit === 'hours' ? '"count"' : '"hours"')),
  keep('timestamp_without_zone', (e) => e.set('timestamp', `"${e.draft.date}T10:00:00"`)),
  keep('schema_version_missing', (e) => {
    e.remove('schema_version', 'carbon_kg', 'genai_tokens');
    e.numbers.carbon9 = 0;
    e.numbers.tokens6 = 0;
  }),
  keep('repeated_key', (e) => {
    const line = e.line;
    e.numbers.cost6 = 7_250_000;
    return `${line.slice(0, -1)}, "cost_usd_increment": 7.25}`;
  }),
];

const unusual: readonly Variant[] = [
  keep('unknown_field', (e) => e.set('billing_account', '{"id": 7, "tags": ["ä", "}"]}')),
  {
    ...keep('wrong_type_elsewhere', (e) => {
      e.set('carbon_kg', '"low"');
      e.numbers.carbon9 = 0;
    }),
    statesCarbon: true,
  },
  keep('wrong_type_elsewhere', (e) => e.set('region', '["us-east"]')),
  keep('timestamp_with_offset', (e) => e.set('timestamp', `"${e.draft.date}T23:30:00.250+02:00"`)),
  keep('padded_text_number', (e) => e.set('cost_usd_increment', `" ${text4(e.draft.cost4)} "`)),
  keep('exponent_number', (e) => {
    e.set('value', '1.25e2');
    e.numbers.value6 = 125_000_000;
  }),
  keep('exponent_text_number', (e) => {
    e.set('cost_usd_increment', '"1.5E+1"');
    e.numbers.cost6 = 15_000_000;
  }),
  keep('too_many_digits', (e) => {
    e.set('cost_usd_increment', '1.2345665');
    e.numbers.cost6 = 1_234_566;
  }),
  keep('too_many_digits', (e) => {
    e.set('cost_usd_increment', '1.2345675');
    e.numbers.cost6 = 1_234_568;
  }),
  keep('blank_text', (e) => e.set('unit', '"  "')),
  keep('blank_text', (e) => {
    e.set('value', '""');
    e.numbers.value6 = 0;
  }),
  keep('escaped_text', (e) =>
    e.set('metric', `"\\u00${e.draft.metric.name.charCodeAt(0).toString(16)}${e.draft.metric.name.slice(1)}"`),
  ),
  keep('other_spacing', (e) => `\t{ ${e.fields.map(([name, json]) => `"${name}":${json}`).join(' ,')}  } `),
  keep('other_field_order', (e) => e.fields.reverse()),
  keep('other_characters', (e) => e.set('region', '"são-paulo-東"')),
];

/** Every variant once; the generator goes through them in turn. Repeats of earlier events are not among them: see `repeats`. */
export const variants: readonly Variant[] = [...unparseable, ...missing, ...flagged, ...unusual];

/** A repeat of an earlier event: the same content, or other content under the same id. */
export interface Repeat {
  readonly name: 'repeat_identical' | 'event_id_conflict';
  readonly apply: (event: Spoiling) => string;
}

function same(change: (event: Spoiling) => string): Repeat {
  return { name: 'repeat_identical', apply: change };
}

function other(name: string, json: (event: Spoiling) => string): Repeat {
  return {
    name: 'event_id_conflict',
    apply: (event) => {
      event.set(name, json(event));
      return event.line;
    },
  };
}

/** Ways an event comes again. */
export const repeats: readonly Repeat[] = [
  same((e) => e.line),
  same(
    (e) =>
      `{${e.fields
        .map(([name, json]) => `"${name}":${json}`)
        .reverse()
        .join(',')}}`,
  ),
  same((e) => {
    e.set('cost_usd_increment', `"${text4(e.draft.cost4)}"`);
    return e.line;
  }),
  other('cost_usd_increment', (e) => text4(e.draft.cost4 + 12_500)),
  other('org_id', () => '"org_nowhere0"'),
  other('timestamp', (e) => `"${e.draft.date}T${e.draft.time === '00:59:00Z' ? '01' : '00'}:59:00Z"`),
  other('note', () => '"sent again"'),
];
