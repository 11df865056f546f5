/** Whose rows, of what and of when: the parameters that answers over marts share. */
import { type TObject, type TProperties, Type } from 'typebox';
import type { Cube, Dimension, Slice } from '../../serving/cube.ts';
import { dimensionColumn } from '../../serving/cube.ts';
import type { Period } from '../api.ts';
import { periodOf } from './period.ts';
import { Problem } from './problem.ts';

const text = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 200, description }));

/** Parameters by name, as JSON schema. */
export const parameters = {
  org: text('One organisation, by its id; without it, all of them'),
  service: text('Only this service'),
  region: text('Only organisations with their head office in this region; not together with org'),
  plan: text('Only organisations on this plan; not together with org'),
  from: text('First day, YYYY-MM-DD; without it, 30 days that end with `to`'),
  to: text('Last day, included; without it, the reference day: the last day, not after today (UTC), with data'),
  by: text('Dimensions that tell rows apart, comma separated'),
} as const;

/** An object of some of the parameters; nothing else is accepted. */
export function query<P extends TProperties>(properties: P): TObject<P> {
  return Type.Object(properties, { additionalProperties: false });
}

/** What filters leave, parsed. */
export interface Asked extends Slice {
  readonly org: string | null;
  readonly period: Period;
}

export interface Given {
  readonly org?: string;
  readonly service?: string;
  readonly region?: string;
  readonly plan?: string;
  readonly from?: string;
  readonly to?: string;
  readonly by?: string;
}

/** Checks filters against what the cube has. Throws a `Problem` naming the parameter. */
export function asked(cube: Cube, given: Given, usual: readonly Dimension[], referenceDay: string): Asked {
  const org = given.org ?? null;
  if (org !== null) {
    for (const name of ['region', 'plan'] as const) {
      if (given[name] !== undefined) refuse(name, 'left out when org names one organisation');
    }
  }
  const scope = org === null ? 'all' : 'organisation';
  const by = given.by === undefined ? usual : (given.by.split(',') as Dimension[]);
  const possible = (['day', 'month', 'service', 'region', 'plan'] as const).filter(
    (dimension) =>
      dimensionColumn(cube, scope, dimension) !== null && (org === null || !['region', 'plan'].includes(dimension)),
  );
  for (const dimension of by) {
    if (!possible.includes(dimension)) refuse('by', `some of ${possible.join(', ')}, comma separated`);
  }
  const { service, region, plan } = given;
  const where = { ...(service && { service }), ...(region && { region }), ...(plan && { plan }) };
  return { org, by: [...new Set(by)], where, period: periodOf(given, referenceDay) };

  function refuse(name: keyof Given, expected: string): never {
    const detail = `${name} is ${JSON.stringify(given[name])}, expected ${expected}`;
    throw new Problem('bad-parameter', detail, [{ name, detail }]);
  }
}
