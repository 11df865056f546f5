/**
 * `npm run bench:dashboard`: how long answers of the dashboard's API take at a steady rate, with Cassandra beside it, on a stack of its
 * own, as Markdown for docs/performance.md. Ends with 1 when a required budget is missed.
 */
import { parseArgs } from 'node:util';
import type { Stack } from '../../stack/stack.ts';
import { budgets } from '../budgets.ts';
import { type BenchProgram, type Log, partsLeft, runProgram, wholeNumber } from '../program.ts';
import { budgeted, measured, median, part, percentile } from '../report.ts';
import { fillLake, type LakeSize } from '../stream/lake-landing.ts';
import { processorTime } from '../stream/processor-time.ts';
import { onRig } from '../stream/rig.ts';
import { startDashboardProcess } from './dashboard-process.ts';
import { type FirstPage, firstPages } from './first-page.ts';
import { load } from './load.ts';
import { questionsOf } from './questions.ts';

const usage = `usage: npm run bench:dashboard -- [--only original|large] [--seconds N] [--rate N] [--events N]
  --only     one part; default: both
  --seconds  of requests of each kind (default 30)
  --rate     requests a second (default 100)
  --events   events of the part "large", 2,000 organisations in 400 days (default 4000000)`;

const partNames = ['original', 'large'] as const;

const program: BenchProgram = {
  command: 'npm run bench:dashboard',
  usage,
  parts: (args) => {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args: [...args],
      options: { only: text, seconds: text, rate: text, events: text },
    });
    const options = {
      rate: wholeNumber('--rate', values.rate, 100),
      seconds: wholeNumber('--seconds', values.seconds, 30),
      warmSeconds: 30,
    };
    const events = wholeNumber('--events', values.events, 4_000_000);
    const sizes: Record<(typeof partNames)[number], LakeSize> = {
      original: { events: 43_200, days: 60, orgs: 80 },
      large: { events, days: 400, orgs: 2000 },
    };
    return partsLeft(partNames, values.only).map((name) => bench(sizes[name], options));
  },
};

function bench(size: LakeSize, options: Parameters<typeof load>[2]) {
  const { events, days, orgs } = size;
  const title = `The dashboard over ${orgs?.toLocaleString('en')} organisations and ${days} days`;
  return (stack: Stack, log: Log) =>
    part(title, () =>
      onRig(stack, log, async (rig) => {
        log(`${events.toLocaleString('en')} events through the whole line…`);
        await fillLake(rig, size);
        const startMs = performance.now();
        const dashboard = await startDashboardProcess(stack, { lake: rig.lakeRoot, keyspace: rig.session.keyspace });
        try {
          const questions = await questionsOf(dashboard.url);
          const readyMs = performance.now() - startMs;
          log(`${options.rate} requests/s of one organisation, then of all…`);
          const processors = await processorTime({ ...rig.processes, 'the dashboard': dashboard.pid });
          const one = await load(dashboard.url, questions.organisation, options);
          const others = await load(dashboard.url, questions.others, options);
          const visits = await firstPages(dashboard.url);
          const ofVisits = (what: (visit: FirstPage) => number) => median(visits.map(what));
          return {
            about:
              `${events.toLocaleString('en')} generated events of ${orgs} organisations in ${days} days; ${options.rate} requests/s for ${options.seconds} s, ` +
              `after ${options.warmSeconds} s that do not count, each from when it was due until its last byte: what the pages ask about 60 days of one organisation, ` +
              'then of another; after that everything else, over organisations, periods and filters at random. Cassandra, dashboard and the source of the requests ' +
              'share the machine. The browser has never seen the page.',
            figures: [
              budgeted(budgets.answerOrganisation, percentile(one, 0.99)),
              measured('… half of them', 'ms', percentile(one, 0.5)),
              budgeted(budgets.answerOthers, percentile(others, 0.99)),
              measured('… half of them', 'ms', percentile(others, 0.5)),
              measured('from the start to the first answers', 'ms', readyMs),
              budgeted(
                budgets.firstPage,
                ofVisits(({ figuresMs }) => figuresMs),
              ),
              measured(
                '… and its charts',
                'ms',
                ofVisits(({ chartsMs }) => chartsMs),
              ),
              budgeted(
                budgets.firstPageTransfer,
                ofVisits(({ bytes }) => bytes / 1000),
              ),
              ...(await processors()),
            ],
          };
        } finally {
          await dashboard.stop();
        }
      }),
    );
}

await runProgram(program, process.argv.slice(2));
