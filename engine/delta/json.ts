/**
 * Checks on JSON read from a log: from `unknown` to the few shapes that actions are made of.
 */

/** The value as a JSON object. Throws when it is something else. */
export function recordOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error(`Delta log: ${what} is not an object: ${excerpt(value)}`);
}

/** The value as text. Throws when it is something else. */
export function textOf(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new Error(`Delta log: ${what} is not text: ${excerpt(value)}`);
}

/** The value as a whole number that a double holds exactly. Throws when it is something else. */
export function integerOf(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new Error(`Delta log: ${what} is not a whole number: ${excerpt(value)}`);
}

/** A map of texts; absent or null is the empty map, and entries that are null are left out. */
export function textMapOf(value: unknown, what: string): Record<string, string> {
  const map: Record<string, string> = {};
  for (const [key, entry] of Object.entries(recordOf(value ?? {}, what))) {
    if (entry !== null) map[key] = textOf(entry, `${what}.${key}`);
  }
  return map;
}

function excerpt(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 200);
}
