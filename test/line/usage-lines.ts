/** Lines of usage events of every kind, drawn at random. */
import { type Random, seededRandom } from '../../cli/generate/random.ts';
import { eventLine } from './small-landing.ts';

const days = ['2025-07-01', '2025-07-02', '2025-07-20'];
/** So many lines until there is a day more. */
const linesOfDay = 120;

/** On time and late, again, in conflict with an earlier one, and such as Bronze or Silver refuse. */
export class UsageLines {
  readonly #random: Random;
  readonly #sent: string[] = [];

  constructor(seed: number) {
    this.#random = seededRandom(seed, 'two layers');
  }

  file(): string[] {
    return Array.from({ length: 1 + this.#random.below(12) }, () => this.#line());
  }

  #line(): string {
    const random = this.#random;
    const drawn = random.below(100);
    if (drawn < 4) return '{"event_id": "broken"';
    if (drawn < 10 && this.#sent.length > 0) return random.pick(this.#sent);
    const org = random.pick(['a', 'b', 'c', 'd', 'unheard_of']);
    // In conflict.
    const isAgain = drawn < 14 && this.#sent.length > 0;
    const line = eventLine(`e${isAgain ? random.below(this.#sent.length) : this.#sent.length}`, {
      timestamp: `${this.#day()}T0${random.below(10)}:30:00Z`,
      org_id: drawn === 99 ? null : `org_${org}`,
      resource_id: `res_${org}`,
      service: random.pick(['compute', 'genai', 'storage', undefined]),
      metric: random.pick(['requests', 'cpu_hours', 'storage_gb_hours', 'requests', 'magic', undefined]),
      unit: undefined,
      value: random.pick([random.below(1000), random.below(1000) / 8, '7.25', null, undefined, 'n/a', 0]),
      cost_usd_increment: random.pick([random.below(10_000) / 1000, random.below(50), '0.000001', -0.01, -5, null, 0]),
      schema_version: random.pick([1, 2]),
      carbon_kg: random.pick([random.below(1000) / 1e6, null, undefined, 'unknown', 0]),
      genai_tokens: random.pick([random.below(5000), undefined, undefined, 1e30]),
    });
    if (!isAgain) this.#sent.push(line);
    return line;
  }

  #day(): string {
    const more = Math.floor(this.#sent.length / linesOfDay);
    const day = this.#random.below(days.length + more) - days.length;
    return day < 0 ? days.at(day)! : new Date(Date.UTC(2025, 6, 21 + day)).toISOString().slice(0, 10);
  }
}
