/** News as server-sent events: what is published now, and whether anything can be answered. */
import { PassThrough } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { PublicationWatch, Served } from '../sources/publications.ts';

const aliveMs = 15_000;

export function liveRoutes(app: FastifyInstance, watch: PublicationWatch): void {
  const open = new Set<PassThrough>();
  app.addHook('preClose', async () => {
    for (const stream of open) stream.end();
  });
  app.get(
    '/api/v1/live',
    {
      schema: {
        operationId: 'live',
        summary:
          'Server-sent events: `published` with the publication of every mart, `problem` while nothing can be answered',
        produces: ['text/event-stream'],
      },
    },
    async (request, reply) => {
      const stream = new PassThrough();
      const tell = (served: Served) => stream.write(eventOf(served));
      const unsubscribe = watch.subscribe(tell);
      const alive = setInterval(() => stream.write(': alive\n\n'), aliveMs);
      open.add(stream);
      request.raw.once('close', () => {
        unsubscribe();
        clearInterval(alive);
        open.delete(stream);
        stream.end();
      });
      // Whoever lost the connection asks again after two seconds.
      stream.write('retry: 2000\n\n');
      tell(watch.served);
      return reply
        .type('text/event-stream')
        .header('cache-control', 'no-store')
        .header('x-accel-buffering', 'no')
        .send(stream);
    },
  );
}

/** Source: HTML Standard, 9.2.5, parsing an event stream. */
function eventOf(served: Served): string {
  if (served.state === 'starting') return ': starting\n\n';
  const [event, data] =
    served.state === 'served'
      ? [
          'published',
          {
            ...Object.fromEntries([...served.publications].map(([mart, { number }]) => [mart, number])),
            live: served.speed.pending.speedVersion,
          },
        ]
      : ['problem', { kind: served.problem.kind, detail: served.problem.message }];
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
