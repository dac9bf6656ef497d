import { type Family, labelText } from '../metrics/exposition.ts';
import type { PodKey } from '../pod-types.ts';
import { PROBE_KINDS, type ProbeKind, type ProbeOutcome } from './probe-state.ts';

/** How often each answer was given to each probe of a running container. */
export interface ProbeTally {
  readonly pod: PodKey;
  readonly container: string;
  readonly answers: ReadonlyMap<ProbeKind, Readonly<Record<ProbeOutcome['result'], number>>>;
}

const RESULTS = { success: 'successful', failure: 'failed', unknown: 'unknown' } as const;
const NAMES = { startup: 'Startup', readiness: 'Readiness', liveness: 'Liveness' } as const;

/** What a kubelet serves at `/metrics/probes` (Kubernetes, "Kubernetes Metrics Reference"). */
export function probeFamilies(tallies: Iterable<ProbeTally>): Family[] {
  const help = 'Cumulative number of a liveness, readiness or startup probe for a container by result.';
  const samples = [...tallies].flatMap(({ pod, container, answers }) =>
    PROBE_KINDS.flatMap((kind) =>
      Object.entries(answers.get(kind) ?? {}).map(([result, value]) => ({
        labels: labelText({
          ...{ probe_type: NAMES[kind], result: RESULTS[result as keyof typeof RESULTS], container },
          ...{ pod: pod.name, namespace: pod.namespace, pod_uid: pod.uid },
        }),
        value,
      })),
    ),
  );
  return [{ name: 'prober_probe_total', type: 'counter', help, samples }];
}
