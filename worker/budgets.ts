/** The file of budgets: JSON, `{"default_usd_per_day": 250, "organisations": {"org_abc": "1000.50"}}`, both optional. */
import { readFileSync } from 'node:fs';
import type { Budgets } from '../activities/alerts/budgets.ts';
import { parseDecimal } from '../engine/columnar/decimal-text.ts';

const known = ['default_usd_per_day', 'organisations'];
/** What `money` holds, written without an exponent. */
const amountText = /^\d{1,12}(\.\d{1,6})?$/;

/** Reads the file. Throws an error that names the file and, where one is wrong, the field, its value and what is accepted. */
export function readBudgets(file: string): Budgets {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`the budgets ${file} cannot be read: ${(error as Error).message}`);
  }
  return parseBudgets(text, file);
}

/** Budgets from the text of a file; `file` is its name in errors. Amounts are taken digit by digit, never through a double. */
export function parseBudgets(text: string, file: string): Budgets {
  const value = amountsAsWritten(text, file);
  if (!isObject(value)) throw new Error(`the budgets ${file} are not a JSON object`);
  for (const name of Object.keys(value)) {
    if (!known.includes(name))
      throw new Error(`the budgets ${file} have no field ${JSON.stringify(name)}; fields: ${known.join(', ')}`);
  }
  const { default_usd_per_day: usual, organisations = {} } = value;
  if (!isObject(organisations)) throw wrong(file, 'organisations', organisations, 'an object of amounts by org_id');
  return {
    defaultUsd: usual === undefined ? null : amount(file, 'default_usd_per_day', usual),
    organisations: new Map(
      Object.entries(organisations).map(([org, own]) => [
        org,
        amount(file, `organisations[${JSON.stringify(org)}]`, own),
      ]),
    ),
  };
}

/** The value with its numbers as the text that they were written as. */
function amountsAsWritten(text: string, file: string): unknown {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new Error(`the budgets ${file} are not JSON: ${(error as Error).message}`);
  }
  const quoted = text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
  return JSON.parse(quoted);
}

/** The unscaled integer of an amount. */
function amount(file: string, field: string, value: unknown): bigint {
  if (typeof value !== 'string' || !amountText.test(value)) {
    throw wrong(
      file,
      field,
      value,
      'US dollars such as 250 or "250.50": at least 0, up to 12 digits before the point and 6 after it',
    );
  }
  return parseDecimal(value, 18, 6)!;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(file: string, field: string, value: unknown, accepted: string): Error {
  return new Error(`the budgets ${file}: ${field} is ${JSON.stringify(value)}, expected ${accepted}`);
}
