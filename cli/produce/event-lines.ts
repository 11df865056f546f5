/** The lines of a live source without end: events of now, late ones, repeats and broken ones. */
import { Spoiling, variants } from '../generate/defects.ts';
import { type Draft, drawEvent, lineOf, makeSound } from '../generate/event.ts';
import type { Resource } from '../generate/organisations.ts';
import { type Random, seededRandom } from '../generate/random.ts';
import type { EventNumbers } from '../generate/truth.ts';

export const lineKinds = ['on_time', 'late', 'duplicate', 'malformed'] as const;
export type LineKind = (typeof lineKinds)[number];

/** A line without its line end; bytes where it is not UTF-8. */
export interface EventLine {
  readonly kind: LineKind;
  readonly line: string | Uint8Array;
}

/** What the lines are about, and the shares (0–1, together at most 1) of those that are not plain events of now. */
export interface EventMix {
  readonly resources: readonly Resource[];
  readonly late: number;
  readonly duplicate: number;
  readonly malformed: number;
  /** Late events are from one day to this many days old. */
  readonly dates: number;
}

/** Every n-th event is remembered, in a ring, to be repeated later: up to 32,768 events later. */
const rememberEvery = 8;
const ringSize = 4096;
const daySeconds = 86_400;

/** Each ends in the quarantine. */
const malformations = variants.filter((v) => v.rule !== null);

/** Names a run by its start and its seed, in characters of 0–9a–z. Runs with the same name started in the same millisecond. */
export function runName(startedMs: number, seed: number): string {
  return startedMs.toString(36).padStart(8, '0') + (seed % 46_656).toString(36).padStart(3, '0');
}

/** Makes lines in order; each call depends on the ones before. Their ids are of the run: another run has others. */
export class EventLines {
  private readonly mix: EventMix;
  private readonly run: string;
  private readonly random: Random;
  private readonly draft = {} as Draft;
  private readonly numbers: EventNumbers = { cost6: 0, measure: null, value6: 0, tokens6: 0, carbon9: 0 };
  private readonly ring: string[] = [];
  private made = 0;
  private remembered = 0;
  private malformed = 0;

  constructor(mix: EventMix, run: string, seed: number) {
    this.mix = mix;
    this.run = run;
    this.random = seededRandom(seed, 'produce lines');
  }

  /**
   * The next line of an event due at `atMs`. Its numbers are drawn as in generated data of schema version 2, but no cost is
   * negative: only malformed lines end in the quarantine.
   */
  next(atMs: number): EventLine {
    const { late, duplicate, malformed } = this.mix;
    const drawn = this.random.next() / 2 ** 32;
    if (drawn < malformed) return { kind: 'malformed', line: this.broken(atMs) };
    if (drawn < malformed + duplicate && this.ring.length > 0)
      return { kind: 'duplicate', line: this.random.pick(this.ring) };
    const isLate = drawn >= malformed + duplicate && drawn < malformed + duplicate + late;
    this.draw(isLate ? atMs - this.age() : atMs);
    this.draft.cost4 = Math.abs(this.draft.cost4);
    const line = lineOf(this.draft);
    if (this.made % rememberEvery === 1) this.ring[this.remembered++ % ringSize] = line;
    return { kind: isLate ? 'late' : 'on_time', line };
  }

  /** Milliseconds between a late event and now. */
  private age(): number {
    return (daySeconds + this.random.below((this.mix.dates - 1) * daySeconds)) * 1000;
  }

  private broken(atMs: number): string | Uint8Array {
    this.draw(atMs);
    makeSound(this.draft);
    const event = new Spoiling(this.draft, this.numbers);
    return malformations[this.malformed++ % malformations.length]!.apply(event) ?? event.line;
  }

  private draw(atMs: number): void {
    const { draft, random } = this;
    const instant = new Date(atMs).toISOString();
    drawEvent(instant.slice(0, 10), 2, random.pick(this.mix.resources), random, draft);
    draft.time = `${instant.slice(11, 19)}Z`;
    // A bijection of 32 bits: the ids of a run are scattered, as random ones are, and never meet.
    const id = Math.imul(this.made++, 0x9e3779b1) >>> 0;
    draft.id = `evt_${this.run}${id.toString(36).padStart(7, '0')}`;
  }
}
