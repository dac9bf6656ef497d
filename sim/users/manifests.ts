import type { Rng } from '../../platform/rng.ts';
import type { SeenObject } from '../history.ts';
import type { Resource } from '../record/kinds.ts';

/** What simulated users declare: of each kind a few names, so that they meet each other and themselves. */

export interface Wish {
  readonly resource: Resource;
  readonly name: string;
  readonly object: SeenObject;
}

const IMAGES = ['app:1', 'app:2', 'app:3'];
const CLASSES = [undefined, undefined, 'production', 'urgent', 'batch', 'free'];
/** Of production, and above most of it. */
export const URGENT: SeenObject = { metadata: { name: 'urgent' }, value: 20_000_000 };
/** One in so many pieces of work asks for a large part of a machine. */
const HEAVY = 5;

const GRACES = [0, 2, 10];
/** With a grace of 0 a stateful set promises nothing (Kubernetes, "StatefulSets", Deployment and Scaling Guarantees). */
const SAFE_GRACES = [1, 2, 10];

const pick = <T>(rng: Rng, values: readonly T[]): T => values[rng.int(values.length)] as T;

/** The kinds of work, and how often each is wished for. */
const KINDS = [
  'deployments',
  'deployments',
  'deployments',
  'statefulsets',
  'daemonsets',
  'jobs',
  'jobs',
  'cronjobs',
  'pods',
] as const;

export function podTemplate(rng: Rng, app: string, words: readonly string[] = []): SeenObject {
  const priorityClassName = pick(rng, CLASSES);
  const isHeavy = rng.int(HEAVY) === 0;
  const usesSecret = rng.int(4) === 0;
  return {
    metadata: { labels: { app } },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: pick(rng, app.startsWith('sta') ? SAFE_GRACES : GRACES),
      ...(priorityClassName && { priorityClassName }),
      containers: [
        {
          name: 'app',
          image: pick(rng, IMAGES),
          ...(words.length > 0 && { command: words }),
          resources: { requests: isHeavy ? heavyRequests(rng) : lightRequests(rng) },
          ...(usesSecret && { envFrom: [{ secretRef: { name: 'key', optional: true } }] }),
        },
      ],
    },
  };
}

export const lightRequests = (rng: Rng) => ({
  cpu: `${50 * (1 + rng.int(6))}m`,
  memory: `${32 * (1 + rng.int(6))}Mi`,
});

export const heavyRequests = (rng: Rng) => ({
  cpu: `${500 * (1 + rng.int(4))}m`,
  memory: `${256 * (1 + rng.int(8))}Mi`,
});

/** One piece of work, drawn. */
export function drawWork(rng: Rng): Wish {
  const kind = pick(rng, KINDS);
  const name = `${kind.slice(0, 3)}-${rng.int(kind === 'jobs' ? 6 : 3)}`;
  switch (kind) {
    case 'deployments':
      return { resource: 'apps/deployments', name, object: deployment(rng, name) };
    case 'statefulsets':
      return { resource: 'apps/statefulsets', name, object: statefulSet(rng, name) };
    case 'daemonsets':
      return { resource: 'apps/daemonsets', name, object: daemonSet(rng, name) };
    case 'jobs':
      return { resource: 'batch/jobs', name, object: { metadata: { name }, spec: jobSpec(rng, name) } };
    case 'cronjobs':
      return { resource: 'batch/cronjobs', name, object: cronJob(rng, name) };
    case 'pods':
      return {
        resource: '/pods',
        name,
        object: { ...podTemplate(rng, name), metadata: { name, labels: { app: name } } },
      };
  }
}

function deployment(rng: Rng, name: string): SeenObject {
  const strategy = pick(rng, [
    { type: 'Recreate' },
    { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    { type: 'RollingUpdate', rollingUpdate: { maxSurge: '50%', maxUnavailable: '50%' } },
  ]);
  const template = podTemplate(rng, name);
  return {
    metadata: { name },
    spec: { replicas: rng.int(6), selector: { matchLabels: { app: name } }, strategy, template },
  };
}

function statefulSet(rng: Rng, name: string): SeenObject {
  return {
    metadata: { name },
    spec: {
      replicas: rng.int(4),
      serviceName: name,
      podManagementPolicy: pick(rng, ['OrderedReady', 'Parallel']),
      selector: { matchLabels: { app: name } },
      template: podTemplate(rng, name),
    },
  };
}

const daemonSet = (rng: Rng, name: string): SeenObject => ({
  metadata: { name },
  spec: { selector: { matchLabels: { app: name } }, template: podTemplate(rng, name) },
});

function jobSpec(rng: Rng, app: string): SeenObject {
  const template = podTemplate(rng, app, [pick(rng, ['job', 'job', 'long', 'crash'])]) as { spec: object };
  const completions = 1 + rng.int(5);
  return {
    completions,
    parallelism: 1 + rng.int(completions),
    completionMode: pick(rng, ['NonIndexed', 'Indexed']),
    backoffLimit: rng.int(4),
    ...(rng.int(3) === 0 && { ttlSecondsAfterFinished: 60 }),
    template: { ...template, spec: { ...template.spec, restartPolicy: pick(rng, ['Never', 'Never', 'OnFailure']) } },
  };
}

const cronJob = (rng: Rng, name: string): SeenObject => ({
  metadata: { name },
  spec: {
    schedule: `*/${1 + rng.int(5)} * * * *`,
    concurrencyPolicy: pick(rng, ['Allow', 'Forbid', 'Replace']),
    jobTemplate: { spec: jobSpec(rng, name) },
  },
});

/** Now enough for all that a namespace may want, now for much less. */
const hardLimits = (rng: Rng): SeenObject => ({
  pods: String(5 + rng.int(rng.int(2) === 0 ? 20 : 60)),
  ...(rng.int(2) === 0 && { 'requests.cpu': String(2 + rng.int(10)) }),
});

const disruptions = (rng: Rng): SeenObject =>
  pick(rng, [{ maxUnavailable: 0 }, { maxUnavailable: 1 }, { maxUnavailable: 1 }, { minAvailable: '50%' }]);

/** What stands beside the work: a service, a budget, a quota, settings. */
export function drawSurroundings(rng: Rng): Wish {
  const app = `dep-${rng.int(3)}`;
  const selector = { matchLabels: { app } };
  switch (rng.int(10)) {
    case 0:
      return {
        resource: '/services',
        name: app,
        object: { metadata: { name: app }, spec: { selector: { app }, ports: [{ port: 80 }] } },
      };
    case 1:
    case 6:
    case 7:
      return {
        resource: 'policy/poddisruptionbudgets',
        name: app,
        object: { metadata: { name: app }, spec: { ...disruptions(rng), selector } },
      };
    case 2:
    case 8:
      return {
        resource: '/resourcequotas',
        name: 'all',
        object: { metadata: { name: 'all' }, spec: { hard: hardLimits(rng) } },
      };
    case 3:
    case 9:
      return {
        resource: 'stowage.dev/bandquotas',
        name: 'bands',
        object: {
          metadata: { name: 'bands' },
          spec: { hard: { production: { cpu: String(1 + rng.int(8)) }, batch: { pods: String(3 + rng.int(30)) } } },
        },
      };
    case 4:
      return {
        resource: '/secrets',
        name: 'key',
        object: { metadata: { name: 'key' }, stringData: { KEY: rng.suffix(8) } },
      };
    default:
      return {
        resource: '/configmaps',
        name: 'settings',
        object: { metadata: { name: 'settings' }, data: { a: rng.suffix(4) } },
      };
  }
}
