/** A figure over several rows of a table: the rows, each of which can be explained, and that they add up to it. */
import type { Column, ColumnSpec } from '../../engine/columnar/column.ts';
import { columnOfValues, valuesOf } from '../../engine/columnar/column-of.ts';
import { concatColumns } from '../../engine/columnar/concat-columns.ts';
import { parseDecimal } from '../../engine/columnar/decimal.ts';
import { sumDecimal, sumInt64 } from '../../engine/columnar/sum.ts';
import { admitsPartition, BadCondition, type Filter, filterOf, parseCondition } from '../../engine/delta/condition.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { contractOf } from '../../schemas/catalog.ts';
import { metadataWith } from '../../schemas/contract.ts';
import { orgDailyUsageByServiceSpeed } from '../../schemas/gold.ts';
import { BadQuestion, type Explanation } from './explanation.ts';
import { listRows, type Page } from './level.ts';
import { oneOf, quotientOf, type Ratio } from './measure.ts';
import { origins } from './origins.ts';
import { hasIncrements, pendingRows } from './pending-rows.ts';
import { type Columns, type PickedRows, pickRows } from './picked-rows.ts';
import { proofLine } from './proof.ts';
import { snapshotAt } from './snapshot-at.ts';
import { counted } from './verdict.ts';

export interface FigureQuestion extends Page {
  readonly table: string;
  /** Conditions on its columns, all of which hold: `usage_date>=2025-08-01`, `service_name=compute`. */
  readonly where: readonly string[];
  /** The column that the figure is the sum of; a ratio is a ratio of sums. */
  readonly column: string;
  /** The figure is that sum × `times` (default 1) divided by the sum of this column. */
  readonly over?: string;
  readonly times?: number;
  /** The figure as somebody saw it, a decimal number; absent: what the table gives. */
  readonly stated?: string;
  /** Default: the newest version. */
  readonly version?: number;
  /** Version of the speed layer's increments that the figure has besides the rows of the table; absent: it has none. */
  readonly speedVersion?: number;
}

/**
 * Lists the rows of a figure, a page of them, and adds all of them up. The rows' keys and the version of their level are what
 * `explainRow` takes. Throws `BadQuestion`, also for a column that does not add up over rows.
 */
export async function explainFigure(lake: Lake, question: FigureQuestion): Promise<Explanation> {
  const { table: name, column, limit, offset } = question;
  const snapshot = await snapshotAt(lake, name, question.version);
  const contract = contractOf(name);
  const { columns: specs } = metadataWith(contract, snapshot.metadata);
  const filters = filtersOf(question.where, specs);
  const { over, times = 1 } = question;
  const parts = [column, ...(over === undefined ? [] : [over])].flatMap((part) => partsOf(name, part, specs));
  const tested = [...new Set(filters.map(({ spec }) => spec.name))];
  const rows = await pickRows(lake, name, snapshot, {
    files: snapshot.files.filter((file) =>
      filters.every(
        (f) => f.spec.name !== contract.partition || admitsPartition(f, file.partitionValues[f.spec.name] ?? null),
      ),
    ),
    tested: tested.length === 0 ? [contract.key[0]!] : tested,
    listed: [...contract.key, ...parts, column],
    picks: (columns) => maskOf(filters, columns),
  });
  const page = { limit, offset };
  const shown = [...new Set([...parts, column])];
  const { level } = await listRows(lake, name, snapshot, rows, {
    columns: [...new Set([...contract.key, ...shown])],
    order: contract.key,
    page,
    notes: [],
  });
  const levels = [level];
  const added = [rows];
  if (question.speedVersion !== undefined) {
    const pending = await pendingRows(lake, name, snapshot, question.speedVersion, {
      filters,
      listed: shown,
      maskOf: (columns) => maskOf(filters, columns),
    });
    const { key, name: speed } = orgDailyUsageByServiceSpeed;
    const notes = ['increments of the speed layer, which the batch layer has not confirmed yet'];
    const options = { columns: [...new Set([...key, ...shown])], order: key, page, notes };
    levels.push((await listRows(lake, speed, pending.snapshot, pending.rows, options)).level);
    added.push(pending.rows);
  }
  const all = { length: added.reduce((n, { length }) => n + length, 0), columns: concatenated(added, parts) };
  const ratio = over === undefined ? ratioOf(name, column) : { numerator: column, denominator: over, factor: times };
  const figure = (sum: (name: string) => Column): Column => (ratio === null ? sum(column) : quotientOf(ratio, sum));
  const summed = figure((part) => addedUp(all, part));
  const stated = question.stated === undefined ? figure((part) => sumOf(all, part)) : statedColumn(question.stated);
  const how = `${ratio === null || ratio.factor === 1 ? '' : `${ratio.factor} × `}${parts.map((part) => `sum of ${part}`).join(' / ')}`;
  const what = added.map(({ length }, i) => counted(length, ['row', 'increment'][i]!)).join(' and ');
  const line = proofLine(column, `${how} over ${what}`, stated, summed);
  return {
    table: name,
    version: snapshot.version,
    levels,
    proof: [line],
    held: null,
    holds: line.equal,
    verdict: line.equal
      ? `${what} give ${line.summed}`
      : `the figure states ${line.stated}, its ${what} give ${line.summed}, a difference of ${line.difference}${await sinceThen(lake, question)}`,
  };
}

/** Why a figure that the stream moves may not be what its rows give; empty for another. */
async function sinceThen(lake: Lake, { table, stated, speedVersion = -1 }: FigureQuestion): Promise<string> {
  if (stated === undefined || !hasIncrements(table)) return '';
  const newest = (await lake.table(orgDailyUsageByServiceSpeed.name).latest())?.version ?? -1;
  if (newest <= speedVersion) return '';
  return '; newer increments of the speed layer are there, which it may have in part: open it again';
}

function filtersOf(where: readonly string[], specs: readonly ColumnSpec[]): Filter[] {
  try {
    return where.map((text) => filterOf(parseCondition(text), specs));
  } catch (error) {
    throw error instanceof BadCondition ? new BadQuestion(error.message) : error;
  }
}

function maskOf(filters: readonly Filter[], columns: Columns): Uint8Array {
  const { length } = Object.values(columns)[0]!;
  return Uint8Array.from({ length }, (_, row) =>
    filters.every(({ spec, holds }) => holds(columns[spec.name]!, row)) ? 1 : 0,
  );
}

function ratioOf(table: string, column: string): Ratio | null {
  const over = origins[table]?.measures[column]?.overRows ?? null;
  return over === 'sum' ? null : over;
}

/** The columns whose sums the figure is made of. */
function partsOf(table: string, column: string, specs: readonly ColumnSpec[]): readonly string[] {
  const spec = specs.find(({ name }) => name === column);
  if (spec === undefined)
    throw new BadQuestion(`no column ${column}; columns: ${specs.map(({ name }) => name).join(', ')}`);
  const measure = origins[table]?.measures[column];
  const ratio = ratioOf(table, column);
  if (ratio !== null) return [ratio.numerator, ratio.denominator];
  const { kind } = spec.type;
  const isNumber = kind === 'decimal' || kind === 'int32' || kind === 'int64';
  if (measure === undefined ? isNumber && contractOf(table).layer !== 'gold' : measure.overRows === 'sum')
    return [column];
  throw new BadQuestion(`${column} of ${table} does not add up over rows`);
}

/** The columns of all the rows, one after another. */
function concatenated(added: readonly PickedRows[], names: readonly string[]): Columns {
  return Object.fromEntries(names.map((name) => [name, concatColumns(added.map(({ columns }) => columns[name]!))]));
}

type Added = Pick<PickedRows, 'columns' | 'length'>;

function sumOf({ columns, length }: Added, column: string): Column {
  const values = columns[column]!;
  const where = new Uint8Array(length).fill(1);
  return values.kind === 'decimal'
    ? sumDecimal(values, oneOf(length), { where })
    : sumInt64(values, oneOf(length), { where });
}

/** The same, added up row by row. */
function addedUp({ columns }: Added, column: string): Column {
  const values = columns[column]!;
  const stated = valuesOf(values).filter((value) => value !== null);
  const scale = values.kind === 'decimal' ? values.scale : 0;
  const sum = stated.length === 0 ? null : stated.reduce<bigint>((total, value) => total + BigInt(value as bigint), 0n);
  return columnOfValues({ kind: 'decimal', precision: 38, scale }, [sum]);
}

function statedColumn(text: string): Column {
  const scale = /\.(\d*)/.exec(text)?.[1]?.length ?? 0;
  const unscaled = parseDecimal(text, 38, scale);
  if (unscaled === null) throw new BadQuestion(`${JSON.stringify(text)} is no figure such as 1234.5`);
  return columnOfValues({ kind: 'decimal', precision: 38, scale }, [unscaled]);
}
