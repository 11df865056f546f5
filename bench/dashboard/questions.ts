/** What people ask a dashboard, at random and always the same. */

import { seededRandom } from '../../cli/generate/random.ts';
import type { DimensionsAnswer, OrganisationsAnswer } from '../../dashboard/api.ts';

const dayMs = 86_400_000;

export interface Questions {
  /** 60 days of one organisation, in turn what the pages ask of it; then those of another. */
  readonly organisation: (n: number) => string;
  /** Everything else: all organisations by whatever they are told apart, long periods, searches, the state of the data. */
  readonly others: (n: number) => string;
}

/** Questions over what a dashboard has. */
export async function questionsOf(url: string): Promise<Questions> {
  const get = async <T>(path: string) => (await (await fetch(url + path)).json()) as T;
  const days = await get<DimensionsAnswer>('/api/v1/dimensions');
  const { organisations } = await get<OrganisationsAnswer>('/api/v1/organisations?limit=1000');
  const random = seededRandom(1, 'questions');
  const pick = random.pick;
  const [first, last] = [Date.parse(days.first_day), Date.parse(days.last_day)];
  const period = (length: number): string => {
    const latest = Math.max(first, last - (length - 1) * dayMs);
    const from = first + random.below((latest - first) / dayMs + 1) * dayMs;
    const day = (ms: number) => new Date(Math.min(ms, last)).toISOString().slice(0, 10);
    return `from=${day(from)}&to=${day(from + (length - 1) * dayMs)}`;
  };
  const ofOne = [
    'overview',
    'usage?by=day,service',
    'support?by=day',
    'anomalies',
    'usage?by=service',
    'usage?by=day',
    'revenue?by=month',
    'reconciliation',
    'genai?by=day',
  ];
  const ofAll = [
    'usage?by=day,service',
    'usage?by=month,region',
    'usage?by=plan',
    'overview?',
    'support?by=day',
    'revenue?by=month',
    'genai?by=day',
    'anomalies?',
    'reconciliation?',
  ];
  const join = (path: string, rest: string) =>
    `/api/v1/${path}${path.includes('?') ? '&' : '?'}${rest}`.replace('?&', '?');
  let visit = '';
  return {
    organisation: (n) => {
      const turn = n % ofOne.length;
      if (turn === 0) visit = `org=${pick(organisations).org_id}&${period(60)}`;
      return join(ofOne[turn]!, visit);
    },
    others: (n) => {
      const turn = n % 20;
      if (turn === 0) return `/api/v1/organisations?search=${pick(organisations).org_name?.slice(0, 4) ?? 'a'}`;
      if (turn === 1) return '/api/v1/freshness';
      if (turn === 2) return '/api/v1/dimensions';
      if (turn === 3) return join('usage', `org=${pick(organisations).org_id}&${period(400)}`);
      const filter =
        turn % 3 === 0 ? `&region=${pick(days.regions)}` : turn % 3 === 1 ? `&plan=${pick(days.plans)}` : '';
      return join(ofAll[n % ofAll.length]!, period(pick([7, 30, 60, 90, 365, 400])) + filter);
    },
  };
}
