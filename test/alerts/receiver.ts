/** An HTTP receiver of notifications on this machine, for tests. */
import { createSecretKey } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Receiver } from '../../activities/notification.ts';

export const secret = 'a key for tests';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Status and headers of an answer; null: the request is taken and never answered. */
export type Reply = { readonly status: number; readonly headers?: Readonly<Record<string, string>> } | null;

export interface TestReceiver extends Receiver {
  /** In the order in which they came. */
  readonly received: readonly Received[];
  /** Every answer waits for it. */
  beforeReply: () => Promise<void>;
  /** Answers to the requests that come next; 204 to those after. */
  reply(...replies: readonly Reply[]): void;
  close(): Promise<void>;
}

/** Starts one. */
export async function testReceiver(): Promise<TestReceiver> {
  const received: Received[] = [];
  const replies: Reply[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      await receiver.beforeReply();
      const reply = replies.length === 0 ? { status: 204 } : replies.shift()!;
      if (reply !== null) response.writeHead(reply.status, { ...reply.headers }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: TestReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`,
    key: createSecretKey(Buffer.from(secret)),
    received,
    beforeReply: async () => undefined,
    reply: (...next) => void replies.push(...next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
