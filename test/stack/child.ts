/**
 * A process of its own for the tests that need one to die: does what its arguments say, prints one line of JSON, and stays.
 * SIGUSR2 makes it throw where nobody catches.
 */
import { join } from 'node:path';
import { installOnce } from '../../stack/cache.ts';
import { acquireLock } from '../../stack/lock.ts';
import { startService } from '../../stack/service.ts';
import { startStack } from '../../stack/stack.ts';

const [, , task, folder = ''] = process.argv;
process.on('SIGUSR2', () => {
  throw new Error('thrown on purpose');
});
setInterval(() => undefined, 1000);
process.stdout.write(`${JSON.stringify(await perform())}\n`);

async function perform(): Promise<unknown> {
  switch (task) {
    case 'lock':
      return acquireLock(join(folder, 'lock')).then(
        () => 'taken',
        (error: Error) => error.name,
      );
    case 'install': {
      let filled = false;
      await installOnce('thing', console.error, async () => {
        filled = true;
      });
      return filled;
    }
    case 'service': {
      const spec = {
        name: 'sleep',
        command: 'sleep',
        args: ['600'],
        logFile: join(folder, 'sleep.log'),
        graceSeconds: 2,
      };
      return (await startService(spec)).pid;
    }
    case 'stack': {
      const { services, temporal, cassandra } = await startStack({ home: folder, log: console.error });
      return { pids: services.map(({ pid }) => pid), temporal, cassandra };
    }
    default:
      throw new Error(`no task ${task}`);
  }
}
