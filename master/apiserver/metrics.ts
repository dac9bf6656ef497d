import { Counter, Gauge, Histogram, LATENCY_BUCKETS_SECONDS, type Registry } from '../../platform/metrics.ts';
import type { Answer } from './answer.ts';
import type { ApiRequest } from './context.ts';
import { parseMediaType } from './negotiation.ts';
import type { RequestInfo, ResourceRequest } from './request.ts';

/**
 * What is measured of the API, under the names and labels of Kubernetes' API server ("Kubernetes Metrics Reference"), so that
 * existing dashboards and alerts read it. Durations have the `code` besides.
 */
export interface RequestMetrics {
  /** One request was answered: the answer is ready, begins where it is a stream, or is sent where it is in pieces. `info`: once somebody is found who answers. */
  observe(
    info: RequestInfo,
    request: Pick<ApiRequest, 'method' | 'headers' | 'query'>,
    answer: Answer,
    seconds: number,
  ): void;
  /** A watch, followed log or stream began; call the result when it ends. */
  longRunning(info: RequestInfo): () => void;
  /** A stream was refused because too many were open. */
  refused(): void;
  /** Where to read what is being served, when somebody asks for the metrics. */
  readInFlight(read: () => InFlightCounts): void;
}

export type InFlightCounts = Readonly<Record<'mutating' | 'readOnly', number>>;

const SUBJECT = ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component'] as const;

export function requestMetrics(registry: Registry): RequestMetrics {
  const registers = [registry];
  const total = new Counter({
    name: 'apiserver_request_total',
    help: 'Requests answered, by their answers.',
    labelNames: [...SUBJECT, 'dry_run', 'code'],
    registers,
  });
  const duration = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'Time from a request being read to its answer being ready, or sent where it is long, without streams.',
    labelNames: [...SUBJECT, 'dry_run', 'code'],
    buckets: LATENCY_BUCKETS_SECONDS,
    registers,
  });
  let readInFlight: () => InFlightCounts = () => ({ mutating: 0, readOnly: 0 });
  const inFlight: Gauge<'request_kind'> = new Gauge({
    name: 'apiserver_current_inflight_requests',
    help: 'Requests being served now.',
    labelNames: ['request_kind'],
    registers,
    collect() {
      for (const [kind, count] of Object.entries(readInFlight())) inFlight.set({ request_kind: kind }, count);
    },
  });
  const running = new Gauge({
    name: 'apiserver_longrunning_requests',
    help: 'Watches, followed logs and other streams that are open now.',
    labelNames: SUBJECT,
    registers,
  });
  const refusals = new Counter({
    name: 'apiserver_dropped_requests_total',
    help: 'Streams refused with 429 because too many were open.',
    registers,
  });
  return {
    observe(info, request, answer, seconds) {
      const dryRun = request.query.has('dryRun') ? 'All' : '';
      const labels = { ...subjectOf(info, verbOf(info, request)), dry_run: dryRun, code: codeOf(answer) };
      total.inc(labels);
      if (answer.type === 'whole' || answer.type === 'pieces') duration.observe(labels, seconds);
    },
    longRunning(info) {
      const labels = subjectOf(info, verbOf(info, { method: 'GET', headers: {} }));
      running.inc(labels);
      return () => running.dec(labels);
    },
    refused: () => refusals.inc(),
    readInFlight(read) {
      readInFlight = read;
    },
  };
}

function codeOf(answer: Answer): string {
  if (answer.type === 'upgrade') return '101';
  return String(answer.type === 'stream' ? (answer.code ?? 200) : answer.code);
}

const CONNECTING: ReadonlySet<string> = new Set(['attach', 'exec', 'portforward', 'proxy']);
const VERBS: Readonly<Record<string, string>> = { create: 'POST', update: 'PUT' };

function verbOf(info: RequestInfo, { method, headers }: Pick<ApiRequest, 'method' | 'headers'>): string {
  if (info.type !== 'resource') return KNOWN_METHODS.has(method) ? method : 'other';
  if (CONNECTING.has(info.subresource ?? '')) return 'CONNECT';
  const { type } = parseMediaType(headers['content-type'] ?? '');
  if (info.verb === 'patch' && type.startsWith('application/apply-patch+')) return 'APPLY';
  return VERBS[info.verb] ?? info.verb.toUpperCase();
}

/** A client must not be able to make up series. */
const KNOWN_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Of what is no resource, the kind of path: paths themselves can be made up. */
function subjectOf(info: RequestInfo, verb: string) {
  const component = 'apiserver';
  if (info.type !== 'resource') {
    return { verb, group: '', version: '', resource: info.type, subresource: '', scope: '', component };
  }
  const { group, version, plural, subresource = '' } = info;
  return { verb, group, version, resource: plural, subresource, scope: scopeOf(info), component };
}

/** How much a request is about: one object, a namespace, or the whole cell. */
function scopeOf({ name, namespace, verb }: ResourceRequest): 'resource' | 'namespace' | 'cluster' {
  if (name !== undefined || verb === 'create') return 'resource';
  return namespace === undefined ? 'cluster' : 'namespace';
}
