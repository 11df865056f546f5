/** Starts and stops the dashboard. */
import type { AddressInfo } from 'node:net';
import type { Budgets } from '../../activities/alerts/budgets.ts';
import { Lake } from '../../engine/delta/lake.ts';
import { openStore } from '../../engine/storage/open.ts';
import type { CassandraConfig } from '../../serving/config.ts';
import { connect } from '../../serving/session.ts';
import type { Access } from './access.ts';
import { dashboardApp } from './app.ts';
import { speedLayerOf } from './sources/increments.ts';
import { watchPublications } from './sources/publications.ts';

export interface DashboardOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly access: Access;
  /** A login that reads is enough. */
  readonly cassandra: CassandraConfig;
  /** Folder of the lake. */
  readonly lake: string;
  /** Folder of the landing zone. */
  readonly landing: string;
  readonly budgets: Budgets | null;
  readonly temporalUi: string | null;
  readonly log: (message: string) => void;
}

export interface Dashboard {
  readonly url: string;
  close(): Promise<void>;
}

/** Listens; Cassandra and the lake may still be away. Throws when the port is taken, saying which variable names another. */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { host, port, cassandra, log } = options;
  const lake = new Lake(openStore(options.lake), Date.now);
  const watch = watchPublications(() => connect(cassandra), speedLayerOf(lake), log);
  const app = await dashboardApp({
    ...options,
    watch,
    lake,
    clock: Date.now,
  });
  const close = async (): Promise<void> => {
    await app.close();
    await watch.close();
  };
  try {
    await app.listen({ host, port });
  } catch (error) {
    await close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`port ${port} of ${host} is taken: set CPA_DASHBOARD_PORT to another one`, { cause: error });
  }
  const { port: listening } = app.server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return { url: `http://${name}:${listening}`, close };
}
