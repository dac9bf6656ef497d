import { TEST_IMAGE } from '../../docker.ts';

export interface Extra {
  labels?: Record<string, string>;
  /** Part of the pod's spec. */
  spec?: object;
  /** Part of its one container. */
  container?: object;
}

/** A shell that runs `script`; it ends at once when told to. */
const container = (script: string, extra: object = {}) => ({
  name: 'main',
  image: TEST_IMAGE,
  command: ['/bin/sh', '-c', script],
  resources: { requests: { cpu: '5m', memory: '4Mi' }, limits: { memory: '64Mi' } },
  ...extra,
});

/** For ever, but for SIGTERM. */
export const IDLE = 'trap "exit 0" TERM; while :; do sleep 0.2; done';

export const pod = (name: string, script: string, { labels, spec, container: part }: Extra = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels },
  spec: { terminationGracePeriodSeconds: 2, restartPolicy: 'Never', containers: [container(script, part)], ...spec },
});

export const deployment = (name: string, replicas: number, script = IDLE) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, labels: { app: name } },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { terminationGracePeriodSeconds: 2, containers: [container(script)] },
    },
  },
});

export const job = (name: string, script: string, completions = 1) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: {
    completions,
    parallelism: completions,
    template: { spec: { terminationGracePeriodSeconds: 1, restartPolicy: 'Never', containers: [container(script)] } },
  },
});
