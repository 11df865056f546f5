import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, connect as openSocket, type Server } from 'node:net';

/**
 * Ports on 127.0.0.1 that nobody listens on, all different: all are held open together before the first is given back. Another
 * process may still take one before it is used; who starts a service on it tries again then (see `portIsFree`).
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(close));
  return ports;
}

/** The ports remembered in a file, when they are free, so that addresses outlive a restart; else new ones, remembered there. */
export async function keptPorts(file: string, count: number): Promise<readonly number[]> {
  const kept = await readPorts(file);
  if (kept.length === count && (await Promise.all(kept.map(portIsFree))).every((free) => free)) return kept;
  const ports = await freePorts(count);
  await writeFile(file, `${JSON.stringify(ports)}\n`);
  return ports;
}

async function readPorts(file: string): Promise<readonly number[]> {
  try {
    const ports: unknown = JSON.parse(await readFile(file, 'utf8'));
    return Array.isArray(ports) ? ports.filter((p) => Number.isInteger(p) && p > 0 && p < 65_536) : [];
  } catch {
    return [];
  }
}

/** Whether this process could listen on the port of 127.0.0.1 now. */
export async function portIsFree(port: number): Promise<boolean> {
  try {
    await close(await listen(port));
    return true;
  } catch {
    return false;
  }
}

/** Whether something accepts connections at the address within a second. */
export function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = openSocket({ host, port });
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => done(false));
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
}
