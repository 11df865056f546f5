/** What an explanation looks like: `Explanation` of `dashboard/lineage`. */
import { Type } from 'typebox';
import { orNull } from '../schemas.ts';

const count = Type.Number();
const text = Type.String();
const cell = Type.Unsafe<string | number | boolean | null>({ type: ['string', 'number', 'boolean', 'null'] });

const made = Type.Object({
  version: count,
  committedAt: text,
  operation: text,
  workflowId: orNull(text),
  runId: orNull(text),
  reason: orNull(text),
});

const level = Type.Object(
  {
    table: text,
    version: orNull(count),
    committedAt: orNull(text),
    made: Type.Array(made),
    key: Type.Array(text),
    columns: Type.Array(Type.Object({ name: text, kind: text })),
    rows: Type.Array(Type.Array(cell)),
    offset: count,
    total: count,
    notes: Type.Array(text),
  },
  { description: 'Rows of one table, or lines of the landing zone; `rows` is a page of `total`' },
);

const proof = Type.Object({
  column: text,
  how: text,
  stated: cell,
  summed: cell,
  difference: orNull(text),
  equal: Type.Boolean(),
});

const held = Type.Object({
  table: text,
  version: count,
  from: text,
  to: text,
  rows: count,
  moneyUsd: text,
  rules: Type.Array(Type.Object({ layer: text, rule: text, rows: count, moneyUsd: text })),
});

export const explanation = Type.Object({
  table: text,
  version: count,
  levels: Type.Array(level),
  proof: Type.Array(proof, { description: 'Over all rows of the levels, listed or not' }),
  held: orNull(held),
  holds: Type.Union([Type.Boolean(), Type.Null()], { description: 'Null when there is nothing to prove' }),
  verdict: text,
});
