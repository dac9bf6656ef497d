import { noSuchPath, type Status } from '../../api/meta/errors.ts';
import type { User } from '../user.ts';
import { type Answer, statusAnswer, text } from './answer.ts';
import { authenticate, type Credential } from './authn.ts';
import { authorize } from './authz.ts';
import type { ApiContext, ApiRequest } from './context.ts';
import { discovery, root } from './discovery.ts';
import type { Documents } from './documents.ts';
import { statusOf } from './errors.ts';
import { health, version } from './health.ts';
import type { InFlight } from './in-flight.ts';
import type { RequestMetrics } from './metrics.ts';
import { openApi } from './openapi.ts';
import { isTrue, parseRequest, type RequestInfo } from './request.ts';
import { routeOf } from './resource-routes.ts';

/** What one request needs besides the cell itself. */
export interface Reception {
  readonly context: ApiContext;
  readonly documents: Documents;
  readonly inFlight: InFlight;
  readonly requestMetrics: RequestMetrics;
}

export interface Served {
  readonly answer: Answer;
  /** To be called once the answer has been sent, or cannot be. */
  done(): void;
}

/** Answers a request. Never rejects: whatever goes wrong is an answer too. */
export async function serve(reception: Reception, request: ApiRequest, credential: Credential): Promise<Served> {
  const { context, inFlight, requestMetrics } = reception;
  const startedMs = context.clock.monotonicMs();
  let known: RequestInfo = { type: 'unknown' };
  let done = () => {};
  let answer: Answer;
  try {
    const info = parseRequest(request.method, request.path, request.query);
    const user = authenticate(credential, info);
    authorize(user, info, request.method, request.path);
    const run = plan(reception, request, info, user);
    known = info;
    done = isLongRunning(info, request.query) ? inFlight.enterLongRunning(info) : inFlight.enter(request.method);
    answer = withWarnings(await run(), request.warnings);
  } catch (error) {
    answer = failureAnswer(context, error);
  }
  if (answer.type === 'whole') {
    requestMetrics.observe(known, request.method, answer.code, (context.clock.monotonicMs() - startedMs) / 1000);
  }
  return { answer, done };
}

export function failureAnswer(context: ApiContext, error: unknown): Answer {
  const status: Status = statusOf(error, context.log, context.rng);
  return statusAnswer(status);
}

const isLongRunning = (info: RequestInfo, query: URLSearchParams): boolean =>
  info.type === 'resource' && (info.verb === 'watch' || (info.subresource === 'log' && isTrue(query.get('follow'))));

/** Finds who answers. Throws 404 or 405 when nobody does. */
function plan(reception: Reception, request: ApiRequest, info: RequestInfo, user: User): () => Promise<Answer> {
  const { context, documents } = reception;
  if (info.type === 'resource') {
    const { resource, handler } = routeOf(info);
    return () => handler(context, { ...request, target: info, resource, user });
  }
  // What is not about resources can only be read.
  if (request.method !== 'GET' && request.method !== 'HEAD') throw noSuchPath();
  switch (info.type) {
    case 'root':
      return async () => root(documents);
    case 'discovery':
      return async () => discovery(documents, info, request.headers);
    case 'openapi':
      return async () => openApi(documents, info, request);
    case 'health':
      return () => health(context, info, request.query);
    case 'version':
      return async () => version(context);
    case 'metrics':
      return async () => ({ ...text(200, await context.metrics.metrics()), contentType: context.metrics.contentType });
    case 'unknown':
      throw noSuchPath();
  }
}

/** At most this many sentences, so that headers stay within what clients accept. */
const MAX_WARNINGS = 20;

function withWarnings(answer: Answer, warnings: readonly string[]): Answer {
  if (answer.type !== 'whole' || warnings.length === 0) return answer;
  return { ...answer, headers: { ...answer.headers, warning: warningHeaders(warnings.slice(0, MAX_WARNINGS)) } };
}

/** `Warning` headers with code 299, one quoted sentence each (Kubernetes docs, "API concepts", field validation). */
export function warningHeaders(warnings: readonly string[]): string[] {
  return warnings.map((sentence) => `299 - "${sentence.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`);
}
