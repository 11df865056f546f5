/** What generated data holds, counted while it is written: the exact totals a correct pipeline arrives at. */
import { fixedText } from './numbers.ts';

/** Why a line is not a Bronze row, or a Bronze row not a Silver one: the `rule_id` of its quarantine. */
export type RejectRule =
  | 'unparseable'
  | 'event_id_missing'
  | 'timestamp_invalid'
  | 'timestamp_out_of_range'
  | 'event_id_conflict'
  | 'org_id_missing'
  | 'cost_missing'
  | 'cost_non_negative'
  | 'value_not_numeric'
  | 'value_out_of_range'
  | 'cost_usd_increment_out_of_range'
  | 'carbon_kg_out_of_range'
  | 'key_missing'
  | 'key_conflict';

/** Counts by name; a name that never occurred is absent. */
export type Counts = Partial<Record<string, number>>;

/** Sums over Silver events, as decimals in text with the scale of the column (6; carbon 9). */
export interface SilverSums {
  readonly cost_usd: string;
  readonly requests: string;
  readonly cpu_hours: string;
  readonly storage_gb_hours: string;
  readonly genai_tokens: string;
  readonly carbon_kg: string;
}

/** What a correct load makes of a master: read = written + duplicate + quarantined. */
export interface MasterTruth {
  readonly read: number;
  readonly written: number;
  readonly duplicate: number;
  readonly quarantined: Counts;
}

/** Exact counts and sums of a generated landing zone. */
export interface Truth {
  readonly events: {
    /** Lines that are rows: blank lines and unfinished last lines are not. */
    readonly read: number;
    readonly written: number;
    readonly duplicate: number;
    readonly quarantined: Counts;
    /** Unfinished last lines, waiting for the rest. */
    readonly waiting: number;
  };
  readonly silver: { readonly written: number; readonly quarantined: Counts; readonly sums: SilverSums };
  readonly masters: Readonly<Record<string, MasterTruth>>;
  /**
   * Lines, rows and files by class of defect. Those of the original data (`value_as_text`, `value_null`, `value_without_unit`,
   * `cost_small_negative`) are counted on events without any other defect.
   */
  readonly defects: Counts;
}

/** The numbers of one event, scaled to integers: cost, value and tokens × 10^6, carbon × 10^9. */
export interface EventNumbers {
  cost6: number;
  measure: 'requests' | 'cpu_hours' | 'storage_gb_hours' | null;
  value6: number;
  tokens6: number;
  carbon9: number;
}

/** Adds one to a count. */
export function count(counts: Counts, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

/** Exact running sums: plain numbers for one file at a time, folded into big integers before they could lose a digit. */
export class SilverTotals {
  written = 0;
  private readonly parts = {
    cost_usd: 0,
    requests: 0,
    cpu_hours: 0,
    storage_gb_hours: 0,
    genai_tokens: 0,
    carbon_kg: 0,
  };
  private readonly totals = new Map<keyof SilverSums, bigint>();

  add(event: EventNumbers): void {
    this.written++;
    this.parts.cost_usd += event.cost6;
    if (event.measure !== null) this.parts[event.measure] += event.value6;
    this.parts.genai_tokens += event.tokens6;
    this.parts.carbon_kg += event.carbon9;
    if (this.written % 10_000 === 0) this.fold();
  }

  sums(): SilverSums {
    this.fold();
    const text = (name: keyof SilverSums): string => fixedText(this.totals.get(name)!, name === 'carbon_kg' ? 9 : 6);
    return {
      cost_usd: text('cost_usd'),
      requests: text('requests'),
      cpu_hours: text('cpu_hours'),
      storage_gb_hours: text('storage_gb_hours'),
      genai_tokens: text('genai_tokens'),
      carbon_kg: text('carbon_kg'),
    };
  }

  private fold(): void {
    for (const name of Object.keys(this.parts) as (keyof SilverSums)[]) {
      this.totals.set(name, (this.totals.get(name) ?? 0n) + BigInt(this.parts[name]));
      this.parts[name] = 0;
    }
  }
}
