import { noSuchPath, type Status } from '../../api/meta/errors.ts';
import type { Credential } from '../auth/authentication/credential.ts';
import { openId } from '../auth/openid.ts';
import type { User } from '../user.ts';
import { type Answer, JSON_TYPE, statusAnswer, text } from './answer.ts';
import { type AuditTrail, MAX_RESPONSE_LENGTH } from './audit/trail.ts';
import type { ApiContext, ApiRequest } from './context.ts';
import { discovery, root } from './discovery.ts';
import type { Documents } from './documents.ts';
import { statusOf } from './errors.ts';
import type { Fairness } from './fairness/fairness.ts';
import type { Seat } from './fairness/level-queue.ts';
import { widthOf } from './fairness/width.ts';
import { health, version } from './health.ts';
import type { InFlight } from './in-flight.ts';
import type { RequestMetrics } from './metrics.ts';
import { openApi } from './openapi.ts';
import { type Beginning, begun } from './pieces.ts';
import { isTrue, parseRequest, type RequestInfo } from './request.ts';
import { routeOf } from './resource-routes.ts';
import { reviewUnkept } from './unkept-review.ts';

/** What one request needs besides the cell itself. */
export interface Reception {
  readonly context: ApiContext;
  readonly documents: Documents;
  readonly fairness: Fairness;
  readonly inFlight: InFlight;
  readonly requestMetrics: RequestMetrics;
}

/** A request whose body is still on its way. */
export interface Received extends ApiRequest {
  body: Buffer;
  trail?: AuditTrail;
  /** Absent where there is none. Rejects with 413 or 400. */
  readBody?(): Promise<Buffer>;
}

export interface Served {
  readonly answer: Answer;
  /** To be called once the answer has been sent, or cannot be. */
  done(): void;
}

/** What is written down is made whole. */
const WRITTEN: Beginning = { pieces: Number.POSITIVE_INFINITY, length: MAX_RESPONSE_LENGTH };
/** Bodies that take as long to read as others wait for a turn. */
const LARGE_BODY_BYTES = 128 * 1024;

/** Answers a request. Never rejects: whatever goes wrong is an answer too. */
export async function serve(reception: Reception, request: Received, credential: Credential): Promise<Served> {
  const { context, fairness, inFlight, requestMetrics } = reception;
  const trail = context.audit?.begin(request);
  if (trail) request.trail = trail;
  const startedMs = context.clock.monotonicMs();
  let known: RequestInfo = { type: 'unknown' };
  let done = () => {};
  let answer: Answer;
  try {
    const info = parseRequest(request.method, request.path, request.query);
    trail?.about(info);
    const user = await context.auth.admit(credential, request, info);
    await untilKnown(context, info);
    const { width, run } = plan(reception, request, info, user);
    known = info;
    const entered = fairness.enter(user, info, width, request.signal);
    const seat = entered instanceof Promise ? await entered : entered;
    done = () => seat.leave();
    const isLong = isLongRunning(info, request.query);
    done = both(done, isLong ? inFlight.enterLongRunning(info) : inFlight.enter(request.method));
    await receive(context, request);
    answer = withWarnings(begun(await run(seat), trail?.wantsAnswer ? WRITTEN : undefined), request.warnings);
    // A watch has its seat until all there was has been told; other streams only wait from here on.
    if (isLong && !isWatch(info)) seat.leave();
  } catch (error) {
    answer = withWarnings(failureAnswer(context, error, request.headers.accept), request.warnings);
  }
  const observe = () =>
    requestMetrics.observe(known, request, answer, (context.clock.monotonicMs() - startedMs) / 1000);
  if (answer.type !== 'pieces') observe();
  const served = { answer, done: answer.type === 'pieces' ? both(done, observe) : done };
  return trail ? written(trail, served) : served;
}

async function receive({ turns }: ApiContext, request: Received): Promise<void> {
  if (!request.readBody) return;
  request.body = await request.readBody();
  if (request.body.length > LARGE_BODY_BYTES) await turns.next();
}

function both(first: () => void, second: () => void): () => void {
  return () => {
    first();
    second();
  };
}

/** The same with its end in the audit log. */
function written(trail: AuditTrail, served: Served): Served {
  const answer = trail.answered(served.answer);
  return { answer, done: both(() => trail.ended(answer), served.done) };
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

const isWatch = (info: RequestInfo): boolean => info.type === 'resource' && info.verb === 'watch';

const isLongRunning = (info: RequestInfo, query: URLSearchParams): boolean =>
  info.type === 'resource' &&
  (isWatch(info) || STREAMS.has(info.subresource ?? '') || (info.subresource === 'log' && isTrue(query.get('follow'))));

const STREAMS: ReadonlySet<string> = new Set(['attach', 'exec', 'portforward', 'proxy']);

interface Plan {
  /** Seats that it takes to answer. */
  readonly width: number;
  run(seat: Seat): Promise<Answer>;
}

/** Finds who answers. Throws 404 or 405 when nobody does. */
function plan(reception: Reception, request: ApiRequest, info: RequestInfo, user: User): Plan {
  const { context, documents } = reception;
  if (info.type === 'resource') {
    const { resource, handler } = routeOf(context.catalogue, info);
    if (resource.deprecation) request.warnings.push(resource.deprecation);
    const asked = { target: info, resource, query: request.query };
    return {
      width: widthOf(context.cache, asked),
      async run(seat) {
        const call = { ...request, ...asked, user, seat };
        if (context.webhooks) await reviewUnkept(context, call);
        return handler(context, call);
      },
    };
  }
  // What is not about resources can only be read.
  if (request.method !== 'GET' && request.method !== 'HEAD') throw noSuchPath();
  return { width: 1, run: reading(context, documents, request, info) };
}

function reading(
  context: ApiContext,
  documents: Documents,
  request: ApiRequest,
  info: Exclude<RequestInfo, { type: 'resource' }>,
): () => Promise<Answer> {
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
  if ((answer.type !== 'whole' && answer.type !== 'pieces') || warnings.length === 0) return answer;
  return { ...answer, headers: { ...answer.headers, warning: warningHeaders(warnings.slice(0, MAX_WARNINGS)) } };
}

/** `Warning` headers with code 299, one quoted sentence each (Kubernetes docs, "API concepts", field validation). */
export function warningHeaders(warnings: readonly string[]): string[] {
  return warnings.map((sentence) => `299 - "${sentence.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`);
}
