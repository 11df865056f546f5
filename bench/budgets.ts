/** What the line promises about its speed. A budget is a limit on a value; those of ratios hold on any machine. */

export interface Budget {
  /** What is measured, with its unit. */
  readonly figure: string;
  readonly unit: 's' | 'ms' | 'kB' | 'GiB' | '×' | 'events/s' | 'events';
  readonly bound: 'at most' | 'at least';
  readonly limit: number;
  /** Missing a required budget fails the bench; absolute times depend on the machine and only report. */
  readonly required: boolean;
}

export const budgets = {
  landingToGold: { figure: 'landing → Gold, all tables', unit: 's', bound: 'at most', limit: 25, required: false },
  workerMemory: {
    figure: 'peak resident memory of the worker',
    unit: 'GiB',
    bound: 'at most',
    limit: 2,
    required: false,
  },
  againstDuckdb: {
    figure: 'DuckDB time / our time, the same work on the same files',
    unit: '×',
    bound: 'at least',
    limit: 0.8,
    required: true,
  },
  landingToCassandra: {
    figure: 'landing → Cassandra, all warm',
    unit: 's',
    bound: 'at most',
    limit: 5,
    required: false,
  },
  outsideActivities: {
    figure: 'time of that run outside activities',
    unit: 's',
    bound: 'at most',
    limit: 1,
    required: false,
  },
  history: {
    figure: 'events of the history of that run',
    unit: 'events',
    bound: 'at most',
    limit: 150,
    required: true,
  },
  againstDsbulk: {
    figure: 'DSBulk time / our time, the same rows into the same node',
    unit: '×',
    bound: 'at least',
    limit: 3,
    required: true,
  },
  visibleHalf: {
    figure: 'an event file is complete → its events are served, half of the files',
    unit: 'ms',
    bound: 'at most',
    limit: 400,
    required: false,
  },
  visible95: {
    figure: '… 95 % of the files',
    unit: 'ms',
    bound: 'at most',
    limit: 1000,
    required: false,
  },
  firstPage: {
    figure: 'the first page shows its figures, half of the visits',
    unit: 'ms',
    bound: 'at most',
    limit: 1000,
    required: true,
  },
  firstPageTransfer: {
    figure: '… which takes over the network',
    unit: 'kB',
    bound: 'at most',
    limit: 400,
    required: true,
  },
  answerOrganisation: {
    figure: 'an answer about 60 days of one organisation, 99 % of them',
    unit: 'ms',
    bound: 'at most',
    limit: 25,
    required: true,
  },
  answerOthers: {
    figure: 'an answer about anything else, 99 % of them',
    unit: 'ms',
    bound: 'at most',
    limit: 150,
    required: true,
  },
  backlog: {
    figure: 'a backlog: all that landed at once → served',
    unit: 'events/s',
    bound: 'at least',
    limit: 50_000,
    required: false,
  },
  flatBatches: {
    figure: 'mean time of a micro-batch, last fifth / second fifth',
    unit: '×',
    bound: 'at most',
    limit: 1.15,
    required: true,
  },
  flatMemory: {
    figure: 'resident memory of the worker, last fifth / second fifth',
    unit: '×',
    bound: 'at most',
    limit: 1.15,
    required: true,
  },
  indexCheck: {
    figure: 'ids of a micro-batch looked up in the index',
    unit: 'ms',
    bound: 'at most',
    limit: 50,
    required: false,
  },
  indexRebuild: {
    figure: 'the index made anew from the lake',
    unit: 's',
    bound: 'at most',
    limit: 10,
    required: false,
  },
} as const satisfies Record<string, Budget>;

/** Whether a value is within its budget. */
export function holds({ bound, limit }: Budget, value: number): boolean {
  return bound === 'at most' ? value <= limit : value >= limit;
}
