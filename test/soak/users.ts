import { setTimeout as delay } from 'node:timers/promises';
import type { Rng } from '../../platform/rng.ts';
import { list, revisionOf, text } from '../../sim/checkers/fields.ts';
import type { SeenObject, Target } from '../../sim/history.ts';
import { TEST_IMAGE } from '../docker.ts';
import type { Caller } from './caller.ts';

export const NAMESPACE = 'soak';
const LIMITED = 'soak-limited';
const NAMES = 12;

const at = (resource: string, name = '', namespace = NAMESPACE): Target => ({ resource, namespace, name });
const pick = <T>(rng: Rng, of: readonly T[]): T => of[rng.int(of.length)]!;

const container = (command: readonly string[], cpu: string) => ({
  ...{ name: 'main', image: TEST_IMAGE, imagePullPolicy: 'IfNotPresent', command },
  resources: { requests: { cpu, memory: '16Mi' } },
});
const SLEEPS = ['/bin/sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1 & wait $!; done'];
const LEAVES_SOON = ['not-ready', 'unreachable'].map((trouble) => ({
  ...{ key: `node.kubernetes.io/${trouble}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 15 },
}));

const template = (app: string, priorityClassName?: string, cpu = '20m') => ({
  metadata: { labels: { app } },
  spec: {
    ...{ terminationGracePeriodSeconds: 1, tolerations: LEAVES_SOON },
    ...(priorityClassName && { priorityClassName }),
    containers: [container(SLEEPS, cpu)],
  },
});

const workload = (kind: string, name: string, replicas: number, more: object = {}): SeenObject => ({
  ...{ apiVersion: 'apps/v1', kind, metadata: { name, namespace: NAMESPACE } },
  spec: { replicas, selector: { matchLabels: { app: name } }, template: template(name, 'production'), ...more },
});

const plain = (kind: string, name: string, more: object, namespace = NAMESPACE): SeenObject => ({
  ...{ apiVersion: 'v1', kind, metadata: { name, namespace } },
  ...more,
});

/** What is there from the start: a limited namespace, a service with a budget, and a set with lasting names. */
export async function furnish(user: Caller): Promise<void> {
  for (const name of [NAMESPACE, LIMITED])
    await user.ask(
      'create',
      { resource: '/namespaces', namespace: '', name },
      {
        object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
      },
    );
  const create = (target: Target, object: SeenObject) => user.ask('create', target, { object });
  const hard = { pods: '3', 'count/configmaps': '5' };
  await create(at('/resourcequotas', 'q', LIMITED), plain('ResourceQuota', 'q', { spec: { hard } }, LIMITED));
  await create(at('apps/deployments', 'web'), workload('Deployment', 'web', 3));
  const port = { spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } };
  await create(at('/services', 'web'), plain('Service', 'web', port));
  const budget = { spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } } };
  const head = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web', namespace: NAMESPACE },
  };
  await create(at('policy/poddisruptionbudgets', 'web'), { ...head, ...budget });
  await create(at('apps/statefulsets', 'db'), workload('StatefulSet', 'db', 2, { serviceName: 'db' }));
}

/** Writes and reads small objects without rest: this is where lost writes would show. */
export async function scribble(user: Caller, rng: Rng, signal: AbortSignal): Promise<void> {
  const known = new Map<string, SeenObject>();
  while (!signal.aborted) {
    const target = at('/configmaps', `map-${rng.int(NAMES)}`, rng.int(8) === 0 ? LIMITED : NAMESPACE);
    const key = `${target.namespace}/${target.name}`;
    const data = { by: user.name, n: String(rng.int(1_000_000)) };
    const have = known.get(key);
    const seen = await scrawl(user, rng.int(10), target, data, have);
    if (seen) known.set(key, seen);
    else known.delete(key);
    await delay(20 + rng.int(100));
  }
}

function scrawl(
  user: Caller,
  dice: number,
  target: Target,
  data: object,
  have?: SeenObject,
): Promise<SeenObject | undefined> {
  const object = plain('ConfigMap', target.name, { data }, target.namespace);
  if (dice === 0) return user.ask('delete', target).then(() => undefined);
  if (dice === 1) return user.ask('list', { ...target, name: '' }).then(() => have);
  if (dice < 4) return user.ask('patch', target, { object: { data } });
  if (dice < 6 || !have) return user.ask('create', target, { object }).then((made) => made ?? user.ask('get', target));
  if (dice < 8) return user.ask('get', target);
  const resourceVersion = String(revisionOf(have));
  const metadata = { name: target.name, namespace: target.namespace, resourceVersion };
  return user.ask('update', target, { object: { ...object, metadata }, resourceVersion });
}

/** Changes what is to run, at the pace that two cores can follow. */
export async function operate(user: Caller, rng: Rng, signal: AbortSignal): Promise<void> {
  let jobs = 0;
  while (!signal.aborted) {
    jobs += 1;
    await act(user, rng, jobs);
    await delay(500 + rng.int(2_500), undefined, { signal }).catch(() => {});
  }
}

async function act(user: Caller, rng: Rng, turn: number): Promise<unknown> {
  const extra = `extra-${rng.int(2)}`;
  switch (rng.int(11)) {
    case 0:
      return user.ask('scale', at('apps/deployments', 'web'), { object: { spec: { replicas: 2 + rng.int(3) } } });
    case 1:
      return user.ask('scale', at('apps/statefulsets', 'db'), { object: { spec: { replicas: 1 + rng.int(3) } } });
    case 2: {
      const annotations = { turn: String(turn) };
      const resource = pick(rng, ['apps/deployments web', 'apps/statefulsets db']).split(' ') as [string, string];
      return user.ask('patch', at(...resource), { object: { spec: { template: { metadata: { annotations } } } } });
    }
    case 3:
      return user.ask('create', at('apps/deployments', extra), { object: batchDeployment(extra, 1 + rng.int(3)) });
    case 4:
      return user.ask('delete', at('apps/deployments', extra));
    case 5:
      return user.ask('create', at('batch/jobs', `job-${turn}`), { object: job(`job-${turn}`, rng.int(2) === 0) });
    case 6:
    case 7:
      return evictOne(user, rng);
    case 8:
      return deleteOne(user, rng);
    case 9:
      return cordon(user, rng);
    default: {
      const name = `lone-${rng.int(5)}`;
      if (rng.int(3) === 0) return user.ask('delete', at('/pods', name, LIMITED));
      const { spec } = template(name);
      return user.ask('create', at('/pods', name, LIMITED), { object: plain('Pod', name, { spec }, LIMITED) });
    }
  }
}

const batchDeployment = (name: string, replicas: number): SeenObject =>
  workload('Deployment', name, replicas, { template: template(name, 'batch', '300m') });

function job(name: string, isIndexed: boolean): SeenObject {
  const spec = {
    restartPolicy: 'Never',
    tolerations: LEAVES_SOON,
    containers: [container(['/bin/sh', '-c', 'sleep 1'], '10m')],
  };
  const mode = isIndexed ? { completionMode: 'Indexed' } : {};
  return {
    ...{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace: NAMESPACE } },
    spec: {
      ...mode,
      completions: 3,
      parallelism: 2,
      backoffLimit: 20,
      ttlSecondsAfterFinished: 60,
      template: { spec },
    },
  };
}

async function podNames(user: Caller, prefix: string): Promise<string[]> {
  const pods = await user.ask('list', at('/pods'));
  return list(pods, 'items')
    .map((pod) => text(pod, 'metadata', 'name'))
    .filter((name) => name.startsWith(prefix));
}

async function evictOne(user: Caller, rng: Rng): Promise<void> {
  const names = await podNames(user, 'web-');
  if (names.length === 0) return;
  const name = pick(rng, names);
  const object = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: NAMESPACE } };
  await user.ask('evict', at('/pods', name), { object });
}

async function deleteOne(user: Caller, rng: Rng): Promise<void> {
  const names = await podNames(user, pick(rng, ['web-', 'db-', 'extra-']));
  if (names.length > 0) await user.ask('delete', at('/pods', pick(rng, names)));
}

async function cordon(user: Caller, rng: Rng): Promise<void> {
  const node = { resource: '/nodes', namespace: '', name: pick(rng, ['n1', 'n2']) };
  await user.ask('patch', node, { object: { spec: { unschedulable: true } } });
  await delay(2_000);
  await uncordon(user, node.name);
}

export async function uncordon(user: Caller, name: string): Promise<void> {
  await user.ask('patch', { resource: '/nodes', namespace: '', name }, { object: { spec: { unschedulable: null } } });
}

/** Everything that users have made goes. */
export async function clear(user: Caller): Promise<void> {
  for (const name of [NAMESPACE, LIMITED]) await user.ask('delete', { resource: '/namespaces', namespace: '', name });
}
