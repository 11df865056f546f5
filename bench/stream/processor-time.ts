/** Processor time that processes use while something is measured. */
import { cpuSecondsOf } from '../process.ts';
import { type Figure, measured } from '../report.ts';

/** Starts measuring. The function returned ends it, with a figure for each process: 100 % is one processor. */
export async function processorTime(processes: Readonly<Record<string, number>>): Promise<() => Promise<Figure[]>> {
  const read = async (): Promise<[string, number][]> =>
    Promise.all(
      Object.entries(processes).map(async ([name, pid]) => [name, await cpuSecondsOf(pid)] as [string, number]),
    );
  const before = new Map(await read());
  const fromMs = performance.now();
  return async () => {
    const seconds = (performance.now() - fromMs) / 1000;
    return (await read()).map(([name, used]) =>
      measured(`processor time of ${name}`, '%', ((used - before.get(name)!) / seconds) * 100),
    );
  };
}
