/** The dashboard's HTTP server: the page, and the API that it and others ask. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import helmet from '@fastify/helmet';
import files from '@fastify/static';
import swagger from '@fastify/swagger';
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import type { Budgets } from '../../activities/alerts/budgets.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { type Access, guard } from './access.ts';
import { answers } from './answer.ts';
import { Problem, sendProblem } from './problem.ts';
import { anomalyRoute } from './routes/anomalies.ts';
import { budgetRoute } from './routes/budget.ts';
import { cubeRoutes } from './routes/cubes.ts';
import { dataRoutes } from './routes/data.ts';
import { dimensionRoutes } from './routes/dimensions.ts';
import { lineageRoutes } from './routes/lineage.ts';
import { liveRoutes } from './routes/live.ts';
import { overviewRoute } from './routes/overview.ts';
import { reconciliationRoute } from './routes/reconciliation.ts';
import { martsOf } from './sources/marts.ts';
import { organisationsOf } from './sources/organisations.ts';
import type { PublicationWatch } from './sources/publications.ts';

export interface AppOptions {
  readonly access: Access;
  readonly watch: PublicationWatch;
  readonly lake: Lake;
  /** Folder of the landing zone: lines are shown from there. */
  readonly landing: string;
  /** Budgets that the page draws; null: none are configured. */
  readonly budgets: Budgets | null;
  /** Address of the Temporal UI that the page links to; null: no links. */
  readonly temporalUi: string | null;
  readonly clock: () => number;
  readonly log: (message: string) => void;
}

/** The server, not listening yet. */
export async function dashboardApp(options: AppOptions): Promise<FastifyInstance> {
  const { access, watch, lake, clock, log } = options;
  const app = Fastify({
    forceCloseConnections: true,
    // A parameter that nobody knows is told, not dropped; every wrong one is named.
    ajv: { customOptions: { removeAdditional: false, allErrors: true } },
    routerOptions: { maxParamLength: 500 },
  });
  guard(app, access);
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    xFrameOptions: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    // Whether there is TLS is for the proxy to say.
    strictTransportSecurity: false,
  });
  app.setErrorHandler((error: FastifyError | Problem, _request, reply) => sendProblem(reply, problemOf(error, log)));
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Cloud Provider Analytics',
        version: '1',
        description: 'Cost, usage, support, revenue, GenAI and carbon; failures are problem details (RFC 9457).',
      },
    },
  });
  const answer = answers();
  const marts = martsOf(watch);
  const organisations = organisationsOf(lake);
  await app.register(async (api) => {
    overviewRoute(api, marts, answer, clock);
    cubeRoutes(api, marts, answer, clock);
    anomalyRoute(api, marts, answer, clock);
    reconciliationRoute(api, marts, answer, clock);
    budgetRoute(api, organisations, answer, options.budgets);
    dimensionRoutes(api, marts, organisations, answer, options);
    dataRoutes(api, { lake, marts, watch, clock });
    lineageRoutes(api, lake, options.landing);
    liveRoutes(api, watch);
    api.get('/api/v1/openapi.json', { schema: { hide: true } }, () => app.swagger());
  });
  await app.register(files, {
    root: webFolder(),
    preCompressed: true,
    index: false,
    wildcard: false,
    setHeaders: (reply, path) => {
      reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  // Pages are addresses of the one page.
  app.setNotFoundHandler((request, reply) => {
    const isPage = request.method === 'GET' && !/^\/(api|assets)\//.test(request.url) && !request.url.includes('.');
    if (isPage) return reply.sendFile('index.html');
    return sendProblem(reply, new Problem('not-found', `${request.method} ${request.url} is nothing here.`));
  });
  return app;
}

function problemOf(error: FastifyError | Problem, log: (message: string) => void): Problem {
  if (error instanceof Problem) return error;
  if (error.validation !== undefined) {
    const parameters = error.validation.map(({ instancePath, params, message = 'is not valid' }) => {
      const unknown = params.additionalProperty;
      const name = typeof unknown === 'string' ? unknown : instancePath.slice(1);
      return {
        name,
        detail: typeof unknown === 'string' ? `there is no parameter ${unknown} here` : `${name} ${message}`,
      };
    });
    return new Problem('bad-parameter', parameters.map(({ detail }) => detail).join('; '), parameters);
  }
  if (error.statusCode !== undefined && error.statusCode < 500) return new Problem('bad-parameter', error.message);
  log(error.stack ?? error.message);
  return new Problem('internal', 'The log of the dashboard says what.');
}

/** The bundled page, in `dist` both when this runs from there and in tests. */
function webFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return join(folder, 'dist', 'dashboard', 'web');
}
