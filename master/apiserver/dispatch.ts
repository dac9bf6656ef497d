import { noSuchPath, type Status } from '../../api/meta/errors.ts';
import type { Credential } from '../auth/authentication/credential.ts';
import { openId } from '../auth/openid.ts';
import type { User } from '../user.ts';
import { type Answer, JSON_TYPE, statusAnswer, text } from './answer.ts';
import type { AuditTrail } from './audit/trail.ts';
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
import { reviewUnkept } from './unkept-review.ts';

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
export async function serve(reception: Reception, received: ApiRequest, credential: Credential): Promise<Served> {
  const { context, inFlight, requestMetrics } = reception;
  const trail = context.audit?.begin(received);
  const request: ApiRequest = trail ? { ...received, trail } : received;
  const startedMs = context.clock.monotonicMs();
  let known: RequestInfo = { type: 'unknown' };
  let done = () => {};
  let answer: Answer;
  try {
    const info = parseRequest(request.method, request.path, request.query);
    trail?.about(info);
    const user = await context.auth.admit(credential, request, info);
    await untilKnown(context, info);
    const run = plan(reception, request, info, user);
    known = info;
    done = isLongRunning(info, request.query) ? inFlight.enterLongRunning(info) : inFlight.enter(request.method);
    answer = withWarnings(await run(), request.warnings);
  } catch (error) {
    answer = withWarnings(failureAnswer(context, error, request.headers.accept), request.warnings);
  }
  requestMetrics.observe(known, request, answer, (context.clock.monotonicMs() - startedMs) / 1000);
  return trail ? written(trail, answer, done) : { answer, done };
}

/** The same with its end in the audit log. */
function written(trail: AuditTrail, given: Answer, done: () => void): Served {
  const answer = trail.answered(given);
  return {
    answer,
    done() {
      trail.ended(answer);
      done();
    },
  };
}

/** Whoever has just made a kind finds it: what asks for kinds waits for changes of them that are under way. */
async function untilKnown({ catalogue }: ApiContext, info: RequestInfo): Promise<void> {
  const known = info.type === 'resource' && catalogue.at(info.group, info.version, info.plural);
  if (!known && ['resource', 'discovery', 'openapi'].includes(info.type)) await catalogue.settle?.();
}

/** `accept`: what the client reads; JSON without it. */
export function failureAnswer(context: ApiContext, error: unknown, accept = JSON_TYPE): Answer {
  const status: Status = statusOf(error, context.log, context.rng);
  return statusAnswer(status, accept);
}

const isLongRunning = (info: RequestInfo, query: URLSearchParams): boolean =>
  info.type === 'resource' &&
  (info.verb === 'watch' ||
    STREAMS.has(info.subresource ?? '') ||
    (info.subresource === 'log' && isTrue(query.get('follow'))));

const STREAMS: ReadonlySet<string> = new Set(['attach', 'exec', 'portforward', 'proxy']);

/** Finds who answers. Throws 404 or 405 when nobody does. */
function plan(reception: Reception, request: ApiRequest, info: RequestInfo, user: User): () => Promise<Answer> {
  const { context, documents } = reception;
  if (info.type === 'resource') {
    const { resource, handler } = routeOf(context.catalogue, info);
    if (resource.deprecation) request.warnings.push(resource.deprecation);
    const call = { ...request, target: info, resource, user };
    if (!context.webhooks) return () => handler(context, call);
    return () => reviewUnkept(context, call).then(() => handler(context, call));
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
    case 'openid':
      return () => openId(context.auth, info.document, request.headers.host ?? '');
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
