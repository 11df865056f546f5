/** Configuration from the environment, checked once at start. */
import { createSecretKey } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { join, resolve } from 'node:path';
import type { AlertSettings } from '../activities/alerts/settings.ts';
import type { Receiver } from '../activities/notification.ts';
import type { CassandraConfig } from '../serving/config.ts';
import { readBudgets } from './budgets.ts';
import { type Cron, parseCron } from './cron.ts';

export interface Config {
  /** Folder of the raw exports; without `CPA_LANDING` the lake's own `landing` folder. */
  readonly landing: string;
  /** Whether `CPA_LANDING` names the folder: then nothing is ever generated there. */
  readonly landingConfigured: boolean;
  /** Folder of the lake. */
  readonly lake: string;
  /** State of the local stack. */
  readonly home: string;
  readonly taskQueue: string;
  /** Whether `cpa start` runs the line when the lake is empty. */
  readonly autorun: boolean;
  /** Compute threads of a worker. */
  readonly threads: number;
  /** Bytes of landing files in one micro-batch. */
  readonly batchBytes: number;
  /** An event older than the latest one minus so many hours is late. */
  readonly watermarkDelayHours: number;
  /** Budgets that raise alerts, and who is told; null without `CPA_BUDGETS`. */
  readonly alerts: AlertSettings | null;
  /** Who is told of failures, missed runs and audit findings; null without `CPA_NOTIFY_URL`: nobody. */
  readonly receiver: Receiver | null;
  readonly schedules: ScheduleSettings;
  /** A Cassandra to use instead of starting one; null starts one. */
  readonly cassandra: CassandraConfig | null;
  /** Whether a Temporal address is configured: then none is started. */
  readonly temporalConfigured: boolean;
  /** Where a worker serves its metrics for Prometheus, `ip:port`; null: nowhere. */
  readonly metricsAddress: string | null;
  readonly dashboard: DashboardSettings;
}

/** Where the dashboard listens, who may ask, and who it is to Cassandra. */
export interface DashboardSettings {
  /** IP address to listen on. */
  readonly host: string;
  /** Null: 3000, or any free one when that is taken. */
  readonly port: number | null;
  /** What every request has to bring; null: nothing. */
  readonly token: string | null;
  /** A header that the reverse proxy sets, with its value where only one will do; null: none. */
  readonly proxyHeader: { readonly name: string; readonly value: string | null } | null;
  /** A login of its own that only reads; null: that of the worker. */
  readonly login: { readonly username: string; readonly password: string } | null;
  /** Address of the Temporal UI that runs are linked to, where the server is configured; null: no links. */
  readonly temporalUi: string | null;
}

/** When scheduled runs begin. */
export interface ScheduleSettings {
  /** IANA name of the time zone of the others, and of the days that label scheduled runs. */
  readonly timeZone: string;
  readonly dailyCron: Cron;
  readonly maintenanceCron: Cron;
  readonly auditCron: Cron;
}

/** The task queue when none is configured. */
export const defaultTaskQueue = 'cpa';

type Env = Readonly<Record<string, string | undefined>>;

/** Reads the configuration. Throws an error that names the variable, its value and what is accepted. */
export function loadConfig(env: Env): Config {
  const lake = folder(env, 'CPA_LAKE', 'datalake');
  const notified = receiver(env);
  return {
    landing: folder(env, 'CPA_LANDING', join(lake, 'landing')),
    landingConfigured: text(env, 'CPA_LANDING') !== undefined,
    lake,
    home: folder(env, 'CPA_HOME', '.cpa/home'),
    taskQueue: text(env, 'CPA_TASK_QUEUE') ?? defaultTaskQueue,
    autorun: flag(env, 'CPA_AUTORUN', true),
    threads: integer(env, 'CPA_THREADS', 2, 1, 64),
    batchBytes: integer(env, 'CPA_BATCH_BYTES', 1536 * 1024 * 1024, 1024, 4 * 1024 ** 3),
    watermarkDelayHours: integer(env, 'CPA_WATERMARK_DELAY_HOURS', 24, 0, 87_600),
    alerts: alerts(env, notified),
    receiver: notified,
    schedules: {
      timeZone: timeZone(env),
      dailyCron: cron(env, 'CPA_DAILY_CRON', '30 0 * * *'),
      maintenanceCron: cron(env, 'CPA_MAINTENANCE_CRON', '0 3 * * *'),
      auditCron: cron(env, 'CPA_AUDIT_CRON', '0 5 * * sun'),
    },
    cassandra: cassandra(env),
    temporalConfigured: ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'].some(
      (name) => text(env, name) !== undefined,
    ),
    metricsAddress: metricsAddress(env),
    dashboard: {
      host: host(env),
      port: text(env, 'CPA_DASHBOARD_PORT') === undefined ? null : integer(env, 'CPA_DASHBOARD_PORT', 3000, 1, 65_535),
      token: token(env),
      proxyHeader: proxyHeader(env),
      login: login(env, 'CASSANDRA_READER_USERNAME', 'CASSANDRA_READER_PASSWORD'),
      temporalUi: temporalUi(env),
    },
  };
}

function host(env: Env): string {
  const value = text(env, 'CPA_DASHBOARD_HOST') ?? '127.0.0.1';
  if (isIPv4(value) || isIPv6(value)) return value;
  throw bad('CPA_DASHBOARD_HOST', value, 'an IP address to listen on, such as 127.0.0.1, 0.0.0.0 or ::');
}

/** Its value is never shown. */
function token(env: Env): string | null {
  const value = text(env, 'CPA_DASHBOARD_TOKEN') ?? null;
  if (value === null || /^[\x21-\x7e]{16,}$/.test(value)) return value;
  throw new Error('CPA_DASHBOARD_TOKEN is not valid: expected at least 16 printable ASCII characters without blanks');
}

function temporalUi(env: Env): string | null {
  const value = text(env, 'CPA_TEMPORAL_UI');
  if (value === undefined) return null;
  if (/^https?:\/\//.test(value) && URL.canParse(value)) return value.replace(/\/+$/, '');
  throw bad('CPA_TEMPORAL_UI', value, 'the http or https address of the Temporal UI');
}

function proxyHeader(env: Env): DashboardSettings['proxyHeader'] {
  const given = text(env, 'CPA_DASHBOARD_PROXY_HEADER');
  if (given === undefined) return null;
  const [, name, value] = /^([\w-]+)(?:\s*:\s*(\S.*))?$/.exec(given) ?? [];
  if (name !== undefined) return { name, value: value ?? null };
  // What follows the name may be a secret.
  throw new Error('CPA_DASHBOARD_PROXY_HEADER is not valid: expected the name of a header, or "name: value"');
}

function login(env: Env, name: string, secret: string): { username: string; password: string } | null {
  const [username, password] = [text(env, name), text(env, secret)];
  if ((username === undefined) !== (password === undefined)) {
    throw bad(username === undefined ? name : secret, '', 'both of them, or neither');
  }
  return username === undefined || password === undefined ? null : { username, password };
}

function alerts(env: Env, notified: Receiver | null): AlertSettings | null {
  const file = text(env, 'CPA_BUDGETS');
  return file === undefined ? null : { budgets: readBudgets(resolve(file)), receiver: notified };
}

function receiver(env: Env): Receiver | null {
  const url = text(env, 'CPA_NOTIFY_URL');
  const secret = text(env, 'CPA_NOTIFY_SECRET');
  if (url === undefined) return null;
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const isHttp = parsed?.protocol === 'http:' || parsed?.protocol === 'https:';
  if (!isHttp || parsed.username !== '' || parsed.password !== '') {
    // Its value may hold a token.
    throw new Error('CPA_NOTIFY_URL is not valid: expected an http or https URL without user name and password');
  }
  if (secret === undefined) throw new Error('CPA_NOTIFY_SECRET is not set: it signs what is sent to CPA_NOTIFY_URL');
  return { url, key: createSecretKey(Buffer.from(secret)) };
}

/** Offsets such as +01:00 are refused: the server knows names only. */
function timeZone(env: Env): string {
  const value = text(env, 'CPA_TIME_ZONE') ?? 'UTC';
  try {
    if (!/^[a-z]/i.test(value)) throw new RangeError(value);
    const known = new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone;
    // As it is spelt: the server looks for a file of this name.
    return known.toLowerCase() === value.toLowerCase() ? known : value;
  } catch {
    throw bad('CPA_TIME_ZONE', value, 'the IANA name of a time zone, such as UTC or Europe/Madrid');
  }
}

function cron(env: Env, name: string, otherwise: string): Cron {
  const value = text(env, name) ?? otherwise;
  const parsed = parseCron(value);
  if (parsed !== null) return parsed;
  throw bad(
    name,
    value,
    'five cron fields (minute, hour, day, month, day of the week from 0, Sunday), such as 30 0 * * *',
  );
}

/** Names of hosts are refused: the address is one to listen on. */
function metricsAddress(env: Env): string | null {
  const value = text(env, 'CPA_METRICS_ADDRESS');
  if (value === undefined) return null;
  const [, v6, v4, port] = /^(?:\[(.*)\]|([^:]*)):(\d{1,5})$/.exec(value) ?? [];
  if ((isIPv6(v6 ?? '') || isIPv4(v4 ?? '')) && Number(port) >= 1 && Number(port) <= 65_535) return value;
  throw bad('CPA_METRICS_ADDRESS', value, 'an IP address and a port, such as 127.0.0.1:9464');
}

function cassandra(env: Env): CassandraConfig | null {
  const points = text(env, 'CASSANDRA_CONTACT_POINTS');
  const bundle = text(env, 'CASSANDRA_SECURE_CONNECT_BUNDLE');
  if (points === undefined && bundle === undefined) return null;
  const contactPoints = (points ?? '')
    .split(',')
    .filter((p) => p.trim() !== '')
    .map((p) => p.trim());
  for (const point of contactPoints) {
    if (!/^(\[[0-9a-f:]+\]|[^\s:]+):\d{1,5}$/i.test(point)) {
      throw bad('CASSANDRA_CONTACT_POINTS', points ?? '', 'host:port, comma separated, such as 10.0.0.5:9042');
    }
  }
  const known = login(env, 'CASSANDRA_USERNAME', 'CASSANDRA_PASSWORD');
  const keyspace = text(env, 'CASSANDRA_KEYSPACE') ?? 'cpa';
  if (!/^[a-z][a-z0-9_]{0,47}$/.test(keyspace)) {
    throw bad('CASSANDRA_KEYSPACE', keyspace, 'lower-case letters, digits and _, starting with a letter, at most 48');
  }
  return {
    contactPoints,
    localDataCenter: text(env, 'CASSANDRA_LOCAL_DC') ?? 'datacenter1',
    keyspace,
    ...known,
    ...(flag(env, 'CASSANDRA_TLS', false) ? { tls: tls(env) } : {}),
    ...(bundle === undefined ? {} : { secureConnectBundle: resolve(bundle) }),
  };
}

function tls(env: Env): { caFile?: string } {
  const caFile = text(env, 'CASSANDRA_TLS_CA');
  return caFile === undefined ? {} : { caFile: resolve(caFile) };
}

function text(env: Env, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === undefined || value === '' ? undefined : value;
}

function folder(env: Env, name: string, otherwise: string): string {
  const value = text(env, name) ?? otherwise;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) throw bad(name, value, 'a folder');
  return resolve(value);
}

function flag(env: Env, name: string, otherwise: boolean): boolean {
  const value = text(env, name);
  if (value === undefined) return otherwise;
  if (['1', 'true', 'yes', 'on'].includes(value.toLowerCase())) return true;
  if (['0', 'false', 'no', 'off'].includes(value.toLowerCase())) return false;
  throw bad(name, value, '1 or 0');
}

function integer(env: Env, name: string, otherwise: number, least: number, most: number): number {
  const value = text(env, name);
  if (value === undefined) return otherwise;
  const number = Number(value);
  if (!Number.isInteger(number) || number < least || number > most) {
    throw bad(name, value, `a whole number from ${least} to ${most}`);
  }
  return number;
}

function bad(name: string, value: string, accepted: string): Error {
  return new Error(`${name}=${JSON.stringify(value)} is not valid: expected ${accepted}`);
}
