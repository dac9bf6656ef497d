import { Counter, Gauge, Histogram, LATENCY_BUCKETS_SECONDS, type Registry } from '../../platform/metrics.ts';
import type { RequestInfo } from './request.ts';

/** What is measured of the API, under the names Kubernetes' API server uses, so that existing dashboards read it. */
export interface RequestMetrics {
  /** One request that was answered whole. */
  observe(info: RequestInfo, method: string, code: number, seconds: number): void;
  /** A watch or followed log began; call the result when it ends. */
  longRunning(info: RequestInfo): () => void;
  refused(): void;
  setInFlight(kind: 'mutating' | 'readOnly', count: number): void;
}

export function requestMetrics(registry: Registry): RequestMetrics {
  const registers = [registry];
  const duration = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'Time from a request being read to its answer being ready, without watches and followed logs.',
    labelNames: ['verb', 'resource', 'code'],
    buckets: LATENCY_BUCKETS_SECONDS,
    registers,
  });
  const inFlight = new Gauge({
    name: 'apiserver_current_inflight_requests',
    help: 'Requests being served now.',
    labelNames: ['request_kind'],
    registers,
  });
  const running = new Gauge({
    name: 'apiserver_longrunning_requests',
    help: 'Watches and followed logs that are open now.',
    labelNames: ['verb', 'resource'],
    registers,
  });
  const refusals = new Counter({
    name: 'apiserver_dropped_requests_total',
    help: 'Requests refused with 429 because too many were in flight.',
    registers,
  });
  return {
    observe: (info, method, code, seconds) =>
      duration.observe({ verb: verbLabel(info, method), resource: resourceLabel(info), code: String(code) }, seconds),
    longRunning(info) {
      const labels = { verb: verbLabel(info, 'GET'), resource: resourceLabel(info) };
      running.inc(labels);
      return () => running.dec(labels);
    },
    refused: () => refusals.inc(),
    setInFlight: (kind, count) => inFlight.set({ request_kind: kind }, count),
  };
}

const VERB_LABELS: Readonly<Record<string, string>> = { create: 'POST', update: 'PUT' };

const verbLabel = (info: RequestInfo, method: string): string =>
  info.type === 'resource' ? (VERB_LABELS[info.verb] ?? info.verb.toUpperCase()) : method;

/** Only known shapes become labels: a client must not be able to make up series. */
function resourceLabel(info: RequestInfo): string {
  if (info.type !== 'resource') return info.type;
  return info.subresource ? `${info.plural}/${info.subresource}` : info.plural;
}
