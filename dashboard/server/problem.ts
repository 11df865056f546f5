/** What went wrong, as RFC 9457 problem details: a stable type, a title, and a detail that says what to do. */
import type { FastifyReply } from 'fastify';

/** Kinds of problems: status, and the title that every problem of the kind has. */
export const problemKinds = {
  'bad-parameter': { status: 400, title: 'A parameter is not valid' },
  unauthorized: { status: 401, title: 'Access needs a token' },
  forbidden: { status: 403, title: 'Access is through the proxy only' },
  'not-found': { status: 404, title: 'There is no such resource' },
  'unknown-organisation': { status: 404, title: 'No such organisation' },
  'nothing-published': { status: 503, title: 'Nothing has been published yet' },
  'serving-unavailable': { status: 503, title: 'Cassandra does not answer' },
  'schema-ahead': { status: 503, title: 'The served tables are of a newer version' },
  internal: { status: 500, title: 'Something failed here' },
} as const;

export type ProblemKind = keyof typeof problemKinds;

/** An answer that is a problem. `detail` is shown to whoever asked: no stack, no statement, no address of a host. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemKind;
  /** Parameters that are wrong, and what is expected. */
  readonly parameters: readonly { readonly name: string; readonly detail: string }[];

  constructor(kind: ProblemKind, detail: string, parameters: Problem['parameters'] = []) {
    super(detail);
    this.kind = kind;
    this.parameters = parameters;
  }
}

/** Seconds after which asking again may help. */
const retryAfterS = 5;

/** Answers with the problem. Source: RFC 9457, section 3; RFC 9110, section 10.2.3. */
export function sendProblem(reply: FastifyReply, { kind, message, parameters }: Problem): FastifyReply {
  const { status, title } = problemKinds[kind];
  if (status === 503) reply.header('retry-after', String(retryAfterS));
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send({
      type: `/problems/${kind}`,
      title,
      status,
      detail: message,
      instance: reply.request.url,
      ...(parameters.length === 0 ? {} : { parameters }),
    });
}
