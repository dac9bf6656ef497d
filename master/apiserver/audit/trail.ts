import type { Status } from '../../../api/meta/errors.ts';
import { isJsonObject, type JsonObject } from '../../../api/meta/json.ts';
import { type Clock, microTimestamp } from '../../../platform/clock.ts';
import type { Verdict } from '../../auth/authorization/authorizer.ts';
import type { User } from '../../user.ts';
import type { Answer, PiecesAnswer, WholeAnswer } from '../answer.ts';
import type { ApiRequest } from '../context.ts';
import type { RequestInfo } from '../request.ts';
import { type AuditBody, readBody } from './bodies.ts';
import {
  type AuditDecision,
  type AuditLevel,
  type AuditPolicy,
  type AuditStage,
  decideAudit,
  namespaceOf,
} from './policy.ts';

export interface AuditEvent extends JsonObject {
  readonly level: AuditLevel;
  readonly stage: AuditStage;
}

export interface AuditTrailOptions {
  readonly request: ApiRequest;
  readonly policy: AuditPolicy;
  readonly clock: Clock;
  readonly id: string;
  write(event: AuditEvent): void;
}

/** What is longer is left out, and the event says so: a list of everything would hold up all others while it is written. */
export const MAX_RESPONSE_LENGTH = 1.5 * 1024 * 1024;

/** An id that a client gives its request itself, to find it in the logs of several servers. */
const GIVEN_ID = /^[\x21-\x7e]{1,64}$/;

/** Owns: what is known so far of one request. The parts of the house tell it as they find out; nothing of it changes the answer. */
export class AuditTrail {
  readonly #options: AuditTrailOptions;
  readonly #id: string;
  readonly #receivedMs: number;
  readonly #annotations: Record<string, string> = {};
  #info: RequestInfo = { type: 'unknown' };
  #asker: User | undefined;
  #user: User | undefined;
  #decision: AuditDecision | undefined;

  constructor(options: AuditTrailOptions) {
    const { request, clock, id } = options;
    const given = request.headers['audit-id'];
    this.#options = options;
    this.#id = typeof given === 'string' && GIVEN_ID.test(given) ? given : id;
    this.#receivedMs = clock.now();
  }

  /** What the request is about. */
  about(info: RequestInfo): void {
    this.#info = info;
  }

  /** Who asks; `user` is who he asks to be taken for. */
  identified(asker: User, user: User = asker): void {
    const isNew = this.#asker === undefined;
    this.#asker = asker;
    this.#user = user;
    if (isNew) this.#write('RequestReceived', {});
  }

  decided({ allowed, reason }: Verdict): void {
    this.annotate('authorization.k8s.io/decision', allowed ? 'allow' : 'forbid');
    this.annotate('authorization.k8s.io/reason', reason);
  }

  readonly annotate = (key: string, value: string): void => {
    this.#annotations[key] = value;
  };

  /** Whether what is answered is written down. */
  get wantsAnswer(): boolean {
    return this.#decide().level === 'RequestResponse';
  }

  /** The answer with the id of the request in it. Of a stream, only its beginning is written now: call `ended` at its end. */
  answered(answer: Answer): Answer {
    const ends = endsSoon(answer);
    this.#write(ends ? 'ResponseComplete' : 'ResponseStarted', this.#outcome(answer));
    return ends ? { ...answer, headers: { ...answer.headers, 'audit-id': this.#id } } : answer;
  }

  ended(answer: Answer): void {
    if (!endsSoon(answer)) this.#write('ResponseComplete', this.#outcome(answer));
  }

  #outcome(answer: Answer): Outcome {
    if (answer.type === 'upgrade') return { code: 101 };
    if (answer.type === 'stream') return { code: answer.code ?? 200 };
    const isShort = answer.type === 'whole' && answer.body.length <= MAX_RESPONSE_LENGTH;
    return { code: answer.code, body: isShort ? answer : 'long' };
  }

  #write(stage: AuditStage, { code, body }: Partial<Outcome>): void {
    const decision = this.#decide();
    if (decision.level === 'None' || decision.omitStages.has(stage)) return;
    const { request, clock, write } = this.#options;
    const shown = needsStatus(code) || decision.level === 'RequestResponse' ? body : undefined;
    if (shown === 'long') this.annotate('audit.k8s.io/truncated', 'true');
    const response = shown && shown !== 'long' ? readBody(shown) : undefined;
    write({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: decision.level,
      auditID: this.#id,
      stage,
      requestURI: uriOf(request),
      verb: this.#verb,
      user: userInfo(this.#asker),
      ...(this.#user !== this.#asker && { impersonatedUser: userInfo(this.#user) }),
      sourceIPs: sourcesOf(request),
      userAgent: request.headers['user-agent'],
      objectRef: referenceOf(this.#info),
      ...(code !== undefined && { responseStatus: { metadata: {}, ...statusPart(response), code } }),
      ...this.#bodies(decision, stage, response),
      requestReceivedTimestamp: microTimestamp(this.#receivedMs),
      stageTimestamp: microTimestamp(clock.now()),
      ...(Object.keys(this.#annotations).length > 0 && { annotations: { ...this.#annotations } }),
    });
  }

  /** Once it is known who asks, or that nobody will know. */
  #decide(): AuditDecision {
    const { policy, request } = this.#options;
    this.#decision ??= decideAudit(policy, {
      info: this.#info,
      verb: this.#verb,
      path: request.path,
      user: this.#asker,
    });
    return this.#decision;
  }

  get #verb(): string {
    return this.#info.type === 'resource' ? this.#info.verb : this.#options.request.method.toLowerCase();
  }

  #bodies({ level, omitManagedFields }: AuditDecision, stage: AuditStage, response: unknown): JsonObject {
    if (level === 'Metadata' || stage === 'RequestReceived') return {};
    const { body, headers } = this.#options.request;
    const shown = (value: unknown) => (omitManagedFields ? withoutManagers(value) : value);
    const request = body.length > 0 ? readBody({ contentType: headers['content-type'] ?? '', body }) : undefined;
    return {
      ...(request !== undefined && { requestObject: shown(request) }),
      ...(level === 'RequestResponse' && response !== undefined && { responseObject: shown(response) }),
    };
  }
}

/** How a request was answered. */
interface Outcome {
  readonly code: number;
  /** `long`: there is one, and it is too long to be written. */
  readonly body?: AuditBody | 'long';
}

/** Whether its end is not worth waiting for. */
const endsSoon = (answer: Answer): answer is WholeAnswer | PiecesAnswer =>
  answer.type === 'whole' || answer.type === 'pieces';

/** What went wrong is told at every level. */
const needsStatus = (code = 0): boolean => code >= 400;

function statusPart(response: unknown): JsonObject {
  if (!isJsonObject(response) || response.kind !== 'Status') return {};
  const { status, message, reason, details } = response as unknown as Status;
  return { status, message, reason, details };
}

const uriOf = ({ path, query }: ApiRequest): string => (query.size > 0 ? `${path}?${query}` : path);

const userInfo = (user: User | undefined): JsonObject =>
  user ? { username: user.name, uid: user.uid, groups: user.groups, extra: user.extra } : {};

function sourcesOf({ headers, remoteAddress }: ApiRequest): string[] {
  const forwarded = [headers['x-forwarded-for'] ?? [], headers['x-real-ip'] ?? []].flat();
  const all = [...forwarded.flatMap((line) => line.split(',')), remoteAddress ?? ''];
  return [...new Set(all.map((address) => address.trim().replace(/^::ffff:/, '')).filter(Boolean))].slice(0, 10);
}

function referenceOf(info: RequestInfo): JsonObject | undefined {
  if (info.type !== 'resource') return undefined;
  const { plural, group, version, name, subresource } = info;
  return {
    resource: plural,
    namespace: namespaceOf(info),
    name,
    apiGroup: group || undefined,
    apiVersion: version,
    subresource,
  };
}

function withoutManagers(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  if (Array.isArray(value.items)) return { ...value, items: value.items.map(withoutManagers) };
  if (!isJsonObject(value.metadata)) return value;
  const { managedFields: _managedFields, ...metadata } = value.metadata;
  return { ...value, metadata };
}
