/** The lines of the event files one after another, and what becomes of each. */
import { bronzeRules, type Repeat, repeats, Spoiling, type Variant, variants } from './defects.ts';
import { type Draft, drawEvent, lineOf, makeSound, numbersOf } from './event.ts';
import type { Resource } from './organisations.ts';
import type { Random } from './random.ts';
import { type Counts, count, type EventNumbers, type RejectRule, SilverTotals } from './truth.ts';

/** Which defects go in: those of the original data only, or also those it lacks. */
export type DefectLevel = 'original' | 'full';

const defectsIn10000 = 200;
/** Every n-th healthy event is remembered, in a ring, to be repeated later: up to 38,000 lines later. */
const rememberEvery = 37;
const ringSize = 1024;

/** Where an event of the range goes: its day, and the schema version of that day. */
export interface Slot {
  readonly date: string;
  readonly schemaVersion: 1 | 2;
}

/** Counts of the lines written so far. */
export interface LineCounts {
  read: number;
  written: number;
  duplicate: number;
  readonly bronzeQuarantined: Counts;
  readonly silverQuarantined: Counts;
  readonly silver: SilverTotals;
  readonly defects: Counts;
}

/** Makes lines in order; each call depends on the ones before. */
export class LineSource {
  readonly counts: LineCounts = {
    read: 0,
    written: 0,
    duplicate: 0,
    bronzeQuarantined: {},
    silverQuarantined: {},
    silver: new SilverTotals(),
    defects: {},
  };
  private readonly resources: readonly Resource[];
  private readonly random: Random;
  private readonly draft: Draft;
  private readonly numbers: EventNumbers = { cost6: 0, measure: null, value6: 0, tokens6: 0, carbon9: 0 };
  private readonly ring: Draft[] = [];
  private healthyLines = 0;
  private remembered = 0;
  private spoilt = 0;
  private repeated = 0;

  constructor(resources: readonly Resource[], random: Random) {
    this.resources = resources;
    this.random = random;
    this.draft = {} as Draft;
  }

  /** The next healthy event, with the defects of the original data. ASCII. */
  healthy(slot: Slot): string {
    const { counts, draft, numbers, random } = this;
    drawEvent(slot.date, slot.schemaVersion, random.pick(this.resources), random, draft);
    counts.read++;
    counts.written++;
    if (draft.valueKind === 'text') count(counts.defects, 'value_as_text');
    if (draft.valueKind === 'null') count(counts.defects, 'value_null');
    else if (!draft.hasUnit) count(counts.defects, 'value_without_unit');
    if (draft.cost4 < -100) {
      count(counts.silverQuarantined, 'cost_non_negative');
    } else {
      if (draft.cost4 < 0) count(counts.defects, 'cost_small_negative');
      numbersOf(draft, numbers);
      counts.silver.add(numbers);
    }
    if (this.healthyLines++ % rememberEvery === 0) this.ring[this.remembered++ % ringSize] = { ...draft };
    return lineOf(draft);
  }

  /** The next line of a landing zone with all defects: 2% of the lines have one more than the original data knows. */
  any(slot: Slot): string | Uint8Array {
    if (this.random.below(10_000) >= defectsIn10000 || this.ring.length === 0) return this.healthy(slot);
    this.spoilt++;
    if (this.spoilt % 4 === 0) return this.repeat(repeats[this.repeated++ % repeats.length]!);
    // The variants in turn, whatever number of repeats lies between them.
    return this.spoil(slot, variants[(this.spoilt - 1 - this.repeated) % variants.length]!);
  }

  /** A line longer than the longest that is read (1 MiB). */
  tooLong(): string {
    this.counts.read++;
    count(this.counts.bronzeQuarantined, 'unparseable');
    count(this.counts.defects, 'line_too_long');
    return `{"event_id": "evt_${this.random.id(12)}", "note": "${'x'.repeat(1024 * 1024)}"}`;
  }

  private repeat(kind: Repeat): string {
    const { counts } = this;
    counts.read++;
    count(counts.defects, kind.name);
    if (kind.name === 'repeat_identical') counts.duplicate++;
    else count(counts.bronzeQuarantined, 'event_id_conflict');
    return kind.apply(new Spoiling(this.random.pick(this.ring), this.numbers));
  }

  private spoil(slot: Slot, variant: Variant): string | Uint8Array {
    const { counts, draft, numbers, random } = this;
    const version = variant.statesCarbon ? 2 : slot.schemaVersion;
    drawEvent(slot.date, version, random.pick(this.resources), random, draft);
    // One defect a line, so that the reason of its fate is certain.
    makeSound(draft);
    numbersOf(draft, numbers);
    const event = new Spoiling(draft, numbers);
    const line = variant.apply(event) ?? event.line;
    counts.read++;
    count(counts.defects, variant.name);
    this.settle(variant.rule);
    return line;
  }

  private settle(rule: RejectRule | null): void {
    const { counts } = this;
    if (rule !== null && bronzeRules.has(rule)) {
      count(counts.bronzeQuarantined, rule);
      return;
    }
    counts.written++;
    if (rule === null) counts.silver.add(this.numbers);
    else count(counts.silverQuarantined, rule);
  }
}
