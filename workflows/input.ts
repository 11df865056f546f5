/** Inputs of workflows: one optional JSON object, every field optional, checked with an error that names the field. */
import { ApplicationFailure } from '@temporalio/workflow';

/** How a field is read: from `unknown` to its type, or null when the value does not fit. */
interface FieldKind<T> {
  readonly parse: (value: unknown) => T | null;
  /** A valid value, JSON. */
  readonly example: string;
  /** Goes on from the example with what else is valid. */
  readonly others?: string;
}

type Parsed<F extends Record<string, FieldKind<unknown>>> = {
  readonly [K in keyof F]: (F[K] extends FieldKind<infer T> ? T : never) | null;
};

/** A calendar day. */
export const day: FieldKind<string> = {
  parse: (v) => (typeof v === 'string' && isDay(v) ? v : null),
  example: '"2025-08-14"',
};

function isDay(text: string): boolean {
  const ms = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

/** An instant. */
export const instant: FieldKind<string> = {
  parse: (v) => (typeof v === 'string' && /\dT\d/.test(v) && !Number.isNaN(Date.parse(v)) ? v : null),
  example: '"2025-08-14T00:00:00Z"',
};

/** A list of days. */
export const days: FieldKind<readonly string[]> = {
  parse: (v) => (Array.isArray(v) && v.every((d) => day.parse(d) !== null) ? (v as string[]) : null),
  example: '["2025-08-14"]',
};

/** A list of names out of those known. */
export function names(known: readonly string[]): FieldKind<readonly string[]> {
  return {
    parse: (v) => (Array.isArray(v) && v.every((n) => known.includes(n as string)) ? (v as string[]) : null),
    example: `["${known[0]}"]`,
    others: `, out of ${known.join(', ')}`,
  };
}

/** Some text, up to 500 characters. */
export function text(example: string): FieldKind<string> {
  return {
    parse: (v) => (typeof v === 'string' && v.trim() !== '' && v.length <= 500 ? v : null),
    example: JSON.stringify(example),
  };
}

/** A list of texts, at least one. */
export function texts(example: string): FieldKind<readonly string[]> {
  const { parse } = text(example);
  return {
    parse: (v) => (Array.isArray(v) && v.length > 0 && v.every((t) => parse(t) !== null) ? (v as string[]) : null),
    example: JSON.stringify([example]),
  };
}

/** One of the words. */
export function word<T extends string>(...words: readonly T[]): FieldKind<T> {
  const [first, ...more] = words.map((w) => `"${w}"`);
  return {
    parse: (v) => (words.includes(v as T) ? (v as T) : null),
    example: first!,
    others: more.map((w) => ` or ${w}`).join(''),
  };
}

/** For some of the names known an object of these fields, whole numbers from 0. */
export function counts<F extends string>(
  known: readonly string[],
  fields: readonly F[],
): FieldKind<Readonly<Record<string, Readonly<Record<F, number>>>>> {
  const fits = (v: unknown): boolean =>
    typeof v === 'object' &&
    v !== null &&
    Object.keys(v).length === fields.length &&
    fields.every((f) => Number.isSafeInteger((v as never)[f]) && (v as never)[f] >= 0);
  return {
    parse: (v) =>
      typeof v === 'object' && v !== null && Object.entries(v).every(([name, of]) => known.includes(name) && fits(of))
        ? (v as Readonly<Record<string, Readonly<Record<F, number>>>>)
        : null,
    example: `{"${known[0]}": {${fields.map((f) => `"${f}": 1`).join(', ')}}}`,
    others: `, for any of ${known.join(', ')}`,
  };
}

/** A span of time up to an hour, whole milliseconds. */
export const wholeMs: FieldKind<number> = {
  parse: (v) => (Number.isSafeInteger(v) && (v as number) >= 0 && (v as number) <= 3_600_000 ? (v as number) : null),
  example: '1000',
};

/** An object with all of these fields, whole numbers from 0. */
export function numbersOf<F extends string>(fields: readonly F[]): FieldKind<Readonly<Record<F, number>>> {
  const { parse } = counts(['it'], fields);
  return {
    parse: (v) => parse({ it: v })?.it ?? null,
    example: `{${fields.map((f) => `"${f}": 1`).join(', ')}}`,
  };
}

/** An instant in milliseconds since 1970. */
export const sinceEpochMs: FieldKind<number> = {
  parse: (v) => (Number.isSafeInteger(v) && (v as number) >= 0 ? (v as number) : null),
  example: '1756684800000',
};

/** A whole number from `least` to `most`. */
export function wholeFrom(least: number, most: number): FieldKind<number> {
  return {
    parse: (v) => (Number.isSafeInteger(v) && (v as number) >= least && (v as number) <= most ? (v as number) : null),
    example: String(least),
  };
}

export const yesOrNo: FieldKind<boolean> = { parse: (v) => (typeof v === 'boolean' ? v : null), example: 'true' };

/** Reads an input. Absent fields are null. Fails the workflow, not to be retried, naming field, value and an example. */
export function parseInput<F extends Record<string, FieldKind<unknown>>>(input: unknown, fields: F): Parsed<F> {
  if (input === undefined || input === null) input = {};
  if (typeof input !== 'object' || Array.isArray(input)) {
    throw bad(`the input ${shown(input)} is not a JSON object such as {} or ${example(fields)}`);
  }
  const given = input as Record<string, unknown>;
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(fields, name)) continue;
    const known = Object.keys(fields).join(', ');
    throw bad(
      `no field ${name}, given ${shown(given[name])}; the fields are ${known}; an example is ${example(fields)}`,
    );
  }
  const parsed: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(fields)) {
    const value = given[name];
    parsed[name] = value === undefined || value === null ? null : kind.parse(value);
    if (parsed[name] === null && value !== undefined && value !== null) {
      throw bad(`${name}: ${shown(value)} is not valid; an example is ${kind.example}${kind.others ?? ''}`);
    }
  }
  return parsed as Parsed<F>;
}

function example(fields: Record<string, FieldKind<unknown>>): string {
  const first = Object.entries(fields)[0];
  return first === undefined ? '{}' : `{"${first[0]}": ${first[1].example}}`;
}

/** A value as a message holds it, whatever its size. */
function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}

function bad(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'BadInput');
}
