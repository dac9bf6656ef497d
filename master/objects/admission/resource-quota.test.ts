import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deployments } from '../../../api/apps/deployment.ts';
import { type ConfigMap, configMaps } from '../../../api/core/config-map.ts';
import { persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { type Pod, type PodSpec, pods } from '../../../api/core/pod.ts';
import { type ResourceQuota, resourceQuotas } from '../../../api/core/resource-quota.ts';
import { services } from '../../../api/core/service.ts';
import { claimOf as claimManifest, deploymentOf } from '../../../api/sample.suite.ts';
import { priorityClasses } from '../../../api/scheduling/priority-class.ts';
import { type AdmittingCell, admittingCell, outcome } from './admission.fixture.ts';

const CONTEXT = { user: 'tester' };
let cell: AdmittingCell;
beforeEach(async () => {
  cell = await admittingCell();
});
afterEach(() => cell.stop());

type Spec = NonNullable<ResourceQuota['spec']>;
const grant = (hard: Record<string, string>, rest: Omit<Spec, 'hard'> = {}, name = 'share') =>
  cell.objects.create(resourceQuotas, { metadata: { name, namespace: 'team' }, spec: { hard, ...rest } }, CONTEXT);
const podOf = (name: string, requests: Record<string, string> = {}, spec: Partial<PodSpec> = {}): Pod => ({
  metadata: { name, namespace: 'team' },
  spec: { containers: [{ name: 'main', image: 'a:1', resources: { requests } }], ...spec },
});
const create = (pod: Pod, dryRun = false) => outcome(cell.objects.create(pods, pod, { ...CONTEXT, dryRun }));
const map = (name: string): ConfigMap => ({ metadata: { name, namespace: 'team' } });

describe('the words', () => {
  test('of what is too much', async () => {
    await grant({ 'requests.cpu': '1', 'requests.memory': '1Gi', pods: '5' });
    expect(await create(podOf('one', { cpu: '600m', memory: '600Mi' }))).toBe('done');
    expect(await create(podOf('two', { cpu: '500m', memory: '700Mi' }))).toBe(
      'pods "two" is forbidden: exceeded quota: share, requested: requests.cpu=500m,requests.memory=700Mi, ' +
        'used: requests.cpu=600m,requests.memory=600Mi, limited: requests.cpu=1,requests.memory=1Gi',
    );
    expect(await create(podOf('three', { cpu: '400m', memory: '424Mi' }))).toBe('done');
  });

  test('of what is not said', async () => {
    await grant({ 'limits.cpu': '1', 'requests.memory': '1Gi', pods: '5' });
    expect(await create(podOf('one', { cpu: '1' }))).toBe(
      'pods "one" is forbidden: failed quota: share: must specify limits.cpu for: main; requests.memory for: main',
    );
  });

  test('of counted kinds, by both their names', async () => {
    await grant({ 'count/configmaps': '1', 'count/deployments.apps': '0', services: '1', 'services.nodeports': '1' });
    expect(await outcome(cell.objects.create(configMaps, map('a'), CONTEXT))).toBe('done');
    expect(await outcome(cell.objects.create(configMaps, map('b'), CONTEXT))).toBe(
      'configmaps "b" is forbidden: exceeded quota: share, requested: count/configmaps=1, used: count/configmaps=1, limited: count/configmaps=1',
    );
    const deployment = { ...deploymentOf(), metadata: { name: 'web', namespace: 'team' } };
    expect(await outcome(cell.objects.create(deployments, deployment as never, CONTEXT))).toContain(
      'deployments.apps "web" is forbidden: exceeded quota: share, requested: count/deployments.apps=1',
    );
    const service = {
      metadata: { name: 'web', namespace: 'team' },
      spec: {
        type: 'NodePort' as const,
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 81 },
        ],
      },
    };
    expect(await outcome(cell.objects.create(services, service, CONTEXT))).toContain(
      'requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1',
    );
  });
});

describe('scopes', () => {
  test.each<[string, Omit<Spec, 'hard'>, Partial<PodSpec>, Record<string, string>, boolean]>([
    ['BestEffort', { scopes: ['BestEffort'] }, {}, {}, true],
    ['BestEffort, of a pod that asks for something', { scopes: ['BestEffort'] }, {}, { cpu: '1' }, false],
    ['NotBestEffort', { scopes: ['NotBestEffort'] }, {}, { cpu: '1' }, true],
    ['Terminating', { scopes: ['Terminating'] }, { activeDeadlineSeconds: 5 }, {}, true],
    ['Terminating, of one that lasts', { scopes: ['Terminating'] }, {}, {}, false],
    ['NotTerminating', { scopes: ['NotTerminating'] }, {}, {}, true],
    ['two scopes of which one does not hold', { scopes: ['Terminating', 'BestEffort'] }, {}, {}, false],
    ['PriorityClass In', valued('In', ['high']), { priorityClassName: 'high' }, {}, true],
    ['PriorityClass In, of another', valued('In', ['low']), { priorityClassName: 'high' }, {}, false],
    ['PriorityClass NotIn', valued('NotIn', ['low']), { priorityClassName: 'high' }, {}, true],
    ['PriorityClass NotIn, of none', valued('NotIn', ['low']), {}, {}, true],
    ['PriorityClass Exists', valued('Exists'), { priorityClassName: 'high' }, {}, true],
    ['PriorityClass Exists, of none', valued('Exists'), {}, {}, false],
    ['PriorityClass DoesNotExist', valued('DoesNotExist'), {}, {}, true],
    ['CrossNamespacePodAffinity', { scopes: ['CrossNamespacePodAffinity'] }, elsewhere(), {}, true],
    ['CrossNamespacePodAffinity, of one that stays', { scopes: ['CrossNamespacePodAffinity'] }, {}, {}, false],
  ])('%s', async (_, scope, spec, requests, counts) => {
    await cell.objects.create(priorityClasses, { metadata: { name: 'high' }, value: 10 }, CONTEXT);
    await grant({ pods: '0' }, scope);
    expect(await create(podOf('one', requests, spec))).toMatch(counts ? /exceeded quota: share/ : /^done$/);
    // Quotas with scopes are about pods only.
    expect(await outcome(cell.objects.create(configMaps, map('a'), CONTEXT))).toBe('done');
  });

  function valued(operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist', values?: string[]): Omit<Spec, 'hard'> {
    return { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator, values }] } };
  }
  function elsewhere(): Partial<PodSpec> {
    const term = { topologyKey: 'zone', namespaces: ['other'], labelSelector: { matchLabels: { app: 'a' } } };
    return { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } };
  }
});

describe('what is counted', () => {
  test('extended resources, and storage by class', async () => {
    await grant({
      'requests.example.com/gpu': '2',
      'requests.storage': '10Gi',
      'fast.storageclass.storage.k8s.io/requests.storage': '1Gi',
    });
    const gpu = { 'example.com/gpu': '3' };
    const greedy = podOf('one');
    greedy.spec!.containers[0]!.resources = { requests: gpu, limits: gpu };
    expect(await create(greedy)).toContain('requested: requests.example.com/gpu=3');
    const disk = (name: string, storage: string, storageClassName?: string) => {
      const claim = claimManifest({ resources: { requests: { storage } }, storageClassName });
      return outcome(
        cell.objects.create(
          persistentVolumeClaims,
          { ...claim, metadata: { name, namespace: 'team' } } as never,
          CONTEXT,
        ),
      );
    };
    expect(await disk('a', '8Gi')).toBe('done');
    expect(await disk('b', '2Gi', 'fast')).toContain(
      'exceeded quota: share, requested: fast.storageclass.storage.k8s.io',
    );
    expect(await disk('c', '1Gi', 'fast')).toBe('done');
    expect(await disk('d', '2Gi')).toContain(
      'requested: requests.storage=2Gi, used: requests.storage=9Gi, limited: requests.storage=10Gi',
    );
  });

  test('a service that comes to use more, once, whatever becomes of the write', async () => {
    await grant({ 'services.nodeports': '2' });
    const ports = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ name: `p${index}`, port: 80 + index }));
    const make = (name: string) =>
      cell.objects.create(services, { metadata: { name, namespace: 'team' }, spec: { ports: ports(1) } }, CONTEXT);
    await make('a');
    await make('b');
    const open = (name: string, count: number, port = 80) =>
      outcome(
        cell.objects.update(
          services,
          'team',
          name,
          (service) => {
            service.spec = {
              ...service.spec,
              type: 'NodePort',
              ports: ports(count).map((each) => ({ ...each, port: each.port + port - 80 })),
            };
          },
          CONTEXT,
        ),
      );
    expect(await open('a', 3)).toContain('requested: services.nodeports=3, used: services.nodeports=0');
    // A write with faults holds nothing.
    expect(await open('a', 2, 70_000)).toContain('is invalid');
    expect(await open('b', 1)).toBe('done');
    expect(await open('b', 1)).toBe('done');
    expect(await open('a', 2)).toContain('used: services.nodeports=1');
    expect(await open('a', 1)).toBe('done');
  });

  test('not what a dry run, a namesake or another quota refuses', async () => {
    await grant({ pods: '1' });
    await grant({ 'requests.cpu': '1' }, {}, 'zwei');
    expect(await create(podOf('one', { cpu: '1' }), true)).toBe('done');
    expect(await create(podOf('one', { cpu: '2' }))).toContain('exceeded quota: zwei');
    expect(await create(podOf('one', { cpu: '1' }))).toBe('done');
    expect(await create(podOf('one', { cpu: '0' }))).toContain('exceeded quota: share');
    await cell.settled();
    await cell.objects.delete(pods, 'team', 'one', CONTEXT);
    await cell.settled();
    expect(await create(podOf('one', { cpu: '1' }))).toBe('done');
  });
});

test('random writers at once never exceed a quota, and fill it', async () => {
  const cpu = fc.integer({ min: 1, max: 9 });
  const writer = fc.record({
    type: fc.constantFrom('create', 'create', 'create', 'delete', 'map'),
    name: fc.integer({ min: 0, max: 30 }),
    cpu,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(writer, { minLength: 10, maxLength: 40 }), cpu, async (writers, most) => {
      await cell.stop();
      cell = await admittingCell();
      await grant({ 'requests.cpu': `${most}`, pods: '4', configmaps: '3' });
      const act = ({ type, name, cpu: amount }: { type: string; name: number; cpu: number }) => {
        if (type === 'map') return outcome(cell.objects.create(configMaps, map(`m${name}`), CONTEXT));
        if (type === 'delete') return outcome(cell.objects.delete(pods, 'team', `p${name}`, CONTEXT));
        return create(podOf(`p${name}`, { cpu: `${amount}` }));
      };
      const results = await Promise.all(writers.map(act));
      await cell.settled();
      const there = cell.cache.list(pods, 'team');
      const sum = there.reduce((total, { spec }) => total + Number(spec?.containers[0]?.resources?.requests?.cpu), 0);
      expect(there.length).toBeLessThanOrEqual(4);
      expect(sum).toBeLessThanOrEqual(most);
      const maps = cell.cache.list(configMaps, 'team').length;
      const asked = new Set(writers.filter(({ type }) => type === 'map').map(({ name }) => name)).size;
      expect(maps).toBeLessThanOrEqual(Math.min(3, asked));
      expect(results.every((result) => /^done$|exceeded quota|not found|already exists/.test(result))).toBe(true);
      // What is left can be had: nothing that was refused holds room.
      if (maps < 3) expect(await outcome(cell.objects.create(configMaps, map('last'), CONTEXT))).toBe('done');
      if (there.length < 4 && sum < most) expect(await create(podOf('last', { cpu: `${most - sum}` }))).toBe('done');
    }),
    { numRuns: 25 },
  );
});
