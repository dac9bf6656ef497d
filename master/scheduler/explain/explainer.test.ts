import { describe, expect, test } from 'vitest';
import type { Node } from '../../../api/core/node.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { budgetOf, nodeOf, type PodTraits, podOf } from '../preemption.fixture.ts';
import { type Decision, Scheduler, type SchedulerOptions } from '../scheduler.ts';

const ZONE = 'topology.kubernetes.io/zone';
const HOST = 'kubernetes.io/hostname';
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PRODUCTION = 1_000_000;
const NOW_MS = 1000;

const node = (name: string, cpu: string, more: Partial<Node> = {}) => nodeOf(name, { cpu, memory: '8Gi' }, more);
const inZone = (zone: string): Partial<Node> => ({ metadata: { labels: { [ZONE]: zone } } });
const tainted = (...texts: string[]): Partial<Node> => ({
  spec: {
    taints: texts.map((text) => {
      const [key, value] = text.split('=');
      return { key: key!, ...(value && { value }), effect: 'NoSchedule' as const };
    }),
  },
});
const cordoned: Partial<Node> = { spec: { unschedulable: true } };
const away = (kind: 'podAffinity' | 'podAntiAffinity', topologyKey: string, app: string): PodTraits['spec'] => ({
  affinity: { [kind]: { [REQUIRED]: [{ topologyKey, labelSelector: { matchLabels: { app } } }] } },
});
const near = (term: object): PodTraits['spec'] => ({
  affinity: { podAffinity: { [REQUIRED]: [{ topologyKey: ZONE, ...term }] } },
});
const red = { matchLabels: { team: 'red' } };
const named = (name: string): PodTraits['spec'] => ({
  affinity: {
    nodeAffinity: {
      [REQUIRED]: {
        nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }],
      },
    },
  },
});
const evenly = (maxSkew: number, more: object = {}): PodTraits['spec'] => ({
  topologySpreadConstraints: [
    {
      topologyKey: ZONE,
      maxSkew,
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'web' } },
      ...more,
    },
  ],
});
const port = (hostPort: number): PodTraits['spec'] => ({
  containers: [{ name: 'main', image: 'app', ports: [{ containerPort: hostPort, hostPort }] }],
});

/** A scheduler that has been told all this and has done what it could for the pod. */
function settled(nodes: readonly Node[], pods: readonly Pod[], pod: Pod, options: SchedulerOptions = {}): Scheduler {
  const scheduler = new Scheduler(options);
  for (const one of nodes) scheduler.setNode(one);
  for (const one of pods) scheduler.setPod(one);
  scheduler.setPod(pod);
  return scheduler;
}

function explained(nodes: readonly Node[], pods: readonly Pod[], pod: Pod, options: SchedulerOptions = {}) {
  const scheduler = settled(nodes, pods, pod, options);
  scheduler.decide(NOW_MS, 100);
  const { nearest, remedies } = scheduler.why(pod, NOW_MS);
  return {
    ...(nearest && { nearest: `${nearest.node} lacks ${nearest.lacks.join('; ')}` }),
    remedies: remedies.map(({ text }) => text),
  };
}

interface Row {
  readonly of: string;
  readonly nodes: readonly Node[];
  readonly pods?: readonly Pod[];
  readonly pod: Pod;
  readonly nearest: string;
  readonly remedies: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    of: 'an amount that no node has: the most there is, and what most have',
    nodes: [node('a', '2'), node('b', '1500m'), node('c', '1')],
    pod: podOf('greedy', { cpu: '3' }),
    nearest: 'a lacks cpu: asks 3, has 2 free of 2',
    remedies: ['fits on 2 nodes if cpu <= 1500m', 'fits on a if cpu <= 2'],
  },
  {
    of: 'an amount that many nodes have, where the largest is alone',
    nodes: [node('a', '9'), ...['b', 'c', 'd', 'e', 'f'].map((name) => node(name, '4'))],
    pod: podOf('greedy', { cpu: '10' }),
    nearest: 'a lacks cpu: asks 10, has 9 free of 9',
    remedies: ['fits on a if cpu <= 9', 'fits on 6 nodes if cpu <= 4'],
  },
  {
    of: 'several amounts at once, where none alone will do',
    nodes: [node('a', '2'), node('b', '1')],
    pod: podOf('greedy', { cpu: '3', requests: { memory: '10Gi' } }),
    nearest: 'a lacks cpu: asks 3, has 2 free of 2; memory: asks 10Gi, has 8Gi free of 8Gi',
    remedies: ['fits on a if cpu <= 2 and memory <= 8Gi'],
  },
  {
    of: 'several amounts that would open far more nodes than the one of them that is all the nearest lacks',
    nodes: [
      nodeOf('a', { cpu: '8', memory: '6Gi' }),
      ...['b', 'c', 'd', 'e'].map((name) => nodeOf(name, { cpu: '4', memory: '4Gi' })),
    ],
    pod: podOf('greedy', { cpu: '6', requests: { memory: '7Gi' } }),
    nearest: 'a lacks memory: asks 7Gi, has 6Gi free of 6Gi',
    remedies: ['fits on 5 nodes if cpu <= 4 and memory <= 4Gi', 'fits on a if memory <= 6Gi'],
  },
  {
    of: 'a resource that nobody has',
    nodes: [node('a', '2'), node('b', '1')],
    pod: podOf('accelerated', { requests: { 'example.com/gpu': '1' } }),
    nearest: 'a lacks example.com/gpu: asks 1, has 0 free of 0',
    remedies: ['fits on 2 nodes if it asks for no example.com/gpu'],
  },
  {
    of: 'a node that takes no more pods',
    nodes: [nodeOf('a', { pods: '1' })],
    pods: [podOf('other', { nodeName: 'a', priority: PRODUCTION })],
    pod: podOf('one-more'),
    nearest: 'a lacks room for one more pod: it takes 1',
    remedies: [],
  },
  {
    of: 'taints: each, and all of one node together',
    nodes: [
      node('a', '4', tainted('dedicated=gpu')),
      node('b', '4', tainted('team', 'old=yes')),
      node('c', '4', tainted('team', 'old=yes')),
    ],
    pod: podOf('plain'),
    nearest: 'a lacks freedom from the taint dedicated=gpu:NoSchedule, which the pod does not tolerate',
    remedies: [
      'fits on a if it tolerates dedicated=gpu',
      'fits on 2 nodes if it tolerates team and it tolerates old=yes',
    ],
  },
  {
    of: 'what is wrong with a node, which had better be mended than tolerated',
    nodes: [node('a', '4', tainted('node.kubernetes.io/not-ready')), node('b', '4', cordoned)],
    pod: podOf('plain'),
    nearest: 'b lacks permission to take pods: it is cordoned',
    remedies: ['fits on b if uncordoned', 'fits on a if no longer tainted node.kubernetes.io/not-ready'],
  },
  {
    of: 'a taint and an amount together',
    nodes: [node('node-3', '2', tainted('dedicated=gpu'))],
    pod: podOf('greedy', { cpu: '3' }),
    nearest:
      'node-3 lacks freedom from the taint dedicated=gpu:NoSchedule, which the pod does not tolerate; cpu: asks 3, has 2 free of 2',
    remedies: ['fits on node-3 if it tolerates dedicated=gpu and cpu <= 2'],
  },
  {
    of: 'one label of a node selector',
    nodes: [
      node('a', '4', { metadata: { labels: { disk: 'hdd', size: 'l' } } }),
      node('b', '4', { metadata: { labels: { disk: 'ssd' } } }),
    ],
    pod: podOf('picky', { spec: { nodeSelector: { disk: 'ssd', size: 'l' } } }),
    nearest: 'a lacks the label disk=ssd (its disk is hdd)',
    remedies: ['fits on a if it drops nodeSelector disk=ssd', 'fits on b if it drops nodeSelector size=l'],
  },
  {
    of: 'a required node affinity',
    nodes: [node('a', '4')],
    pod: podOf('picky', {
      spec: {
        affinity: {
          nodeAffinity: {
            [REQUIRED]: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd', 'nvme'] }] }],
            },
          },
        },
      },
    }),
    nearest: 'a lacks what the required node affinity asks for: disk In (ssd, nvme)',
    remedies: ['fits on a if it drops its required node affinity'],
  },
  {
    of: 'a host port, and who has it',
    nodes: [node('a', '4')],
    pods: [podOf('web-1', { nodeName: 'a', priority: PRODUCTION, spec: port(80) })],
    pod: podOf('web-2', { spec: port(80) }),
    nearest: 'a lacks the host port 80/TCP: default/web-1 has it',
    remedies: ['fits on a if it drops its host ports'],
  },
  {
    of: 'pods that it wants to be with',
    nodes: [node('a', '4', inZone('x')), node('b', '4')],
    pod: podOf('lonely', { spec: away('podAffinity', ZONE, 'db') }),
    nearest: `a lacks company: the required pod affinity wants pods app=db in its ${ZONE}=x`,
    remedies: [`fits on 2 nodes if it drops its required pod affinity over ${ZONE}`],
  },
  {
    of: 'pods of other namespaces that it wants to be with, with a label of its own',
    nodes: [node('a', '4', inZone('x'))],
    pod: podOf('lonely', {
      labels: { tenant: 'blue' },
      spec: near({ labelSelector: {}, matchLabelKeys: ['tenant'], namespaces: ['shop'], namespaceSelector: red }),
    }),
    nearest: `a lacks company: the required pod affinity wants pods tenant=blue in namespaces shop or with team=red in its ${ZONE}=x`,
    remedies: [`fits on a if it drops its required pod affinity over ${ZONE}`],
  },
  {
    of: 'nobody, by an affinity without a selector',
    nodes: [node('a', '4', inZone('x'))],
    pod: podOf('lonely', { spec: near({}) }),
    nearest: `a lacks company: the required pod affinity wants pods, but has no labelSelector and so means none, in its ${ZONE}=x`,
    remedies: [`fits on a if it drops its required pod affinity over ${ZONE}`],
  },
  {
    of: 'a node that is not there',
    nodes: [node('a', '4')],
    pod: podOf('faithful', { spec: named('ghost') }),
    nearest: 'ghost lacks existence: the pod names it, and the cell has no such node',
    remedies: [],
  },
  {
    of: 'a pod that it does not want to be with, by name',
    nodes: [node('a', '4')],
    pods: [podOf('web-0', { nodeName: 'a', priority: PRODUCTION, labels: { app: 'web' } })],
    pod: podOf('shy', { spec: away('podAntiAffinity', HOST, 'web') }),
    nearest: "a lacks distance: default/web-0 is on it, and the pod's anti-affinity excludes it",
    remedies: [`fits on a if it drops its required pod anti-affinity over ${HOST}`],
  },
  {
    of: 'pods that do not want to be with it, by name',
    nodes: [node('a', '4', inZone('x')), node('b', '4', inZone('x'))],
    pods: ['db-0', 'db-1'].map((name) =>
      podOf(name, { nodeName: 'b', priority: PRODUCTION, spec: away('podAntiAffinity', ZONE, 'web') }),
    ),
    pod: podOf('web', { labels: { app: 'web' } }),
    nearest: `a lacks distance: default/db-0 is in its ${ZONE}=x, and its anti-affinity excludes the pod`,
    remedies: [`fits on 2 nodes if default/db-0 and 1 more had no required anti-affinity over ${ZONE}`],
  },
  {
    of: 'a spread: how uneven it would have to be',
    nodes: [node('a', '4', inZone('x')), node('b', '0', inZone('y'))],
    pods: ['web-0', 'web-1'].map((name) =>
      podOf(name, { nodeName: 'a', priority: PRODUCTION, labels: { app: 'web' } }),
    ),
    pod: podOf('web-2', { cpu: '1', labels: { app: 'web' }, spec: evenly(1) }),
    nearest: 'b lacks cpu: asks 1, has 0 free of 0',
    remedies: [`fits on a if maxSkew over ${ZONE} is 3`],
  },
  {
    of: 'a spread over more domains than there are',
    nodes: [node('a', '4', inZone('x')), node('b', '4', inZone('y'))],
    pods: ['a', 'b'].map((name) =>
      podOf(`web-${name}`, { nodeName: name, priority: PRODUCTION, labels: { app: 'web' } }),
    ),
    pod: podOf('web-2', { labels: { app: 'web' }, spec: evenly(1, { minDomains: 3 }) }),
    nearest: `a lacks evenness: 2 such pods would be in its ${ZONE}=x and 0 counts as the fewest, as minDomains is 3 and there are 2; maxSkew is 1`,
    remedies: [`fits on 2 nodes if minDomains over ${ZONE} is 2`],
  },
  {
    of: 'a spread by a label that nobody has',
    nodes: [node('a', '4')],
    pod: podOf('web-2', { spec: evenly(1) }),
    nearest: `a lacks the label ${ZONE}, by which the pod is spread`,
    remedies: [`fits on a if its spread over ${ZONE} is ScheduleAnyway`],
  },
  {
    of: 'less important pods that it may not push out',
    nodes: [node('a', '2')],
    pods: [podOf('sum-1', { cpu: '1', nodeName: 'a' }), podOf('sum-2', { cpu: '1', nodeName: 'a' })],
    pod: podOf('patient', { cpu: '2', priority: PRODUCTION, spec: { preemptionPolicy: 'Never' } }),
    nearest: 'a lacks cpu: asks 2, has 0 free of 2',
    remedies: ['would preempt 2 batch pods on a if its preemptionPolicy were not Never'],
  },
  {
    of: 'pods of its own band, which its priority is too low for',
    nodes: [node('a', '2')],
    pods: [podOf('sum-1', { cpu: '2', nodeName: 'a', priority: 7 })],
    pod: podOf('late', { cpu: '2', priority: 3 }),
    nearest: 'a lacks cpu: asks 2, has 0 free of 2',
    remedies: ['would preempt 1 batch pod on a if its priority were 8'],
  },
  {
    of: 'pods of a band that only a better one pushes out',
    nodes: [node('a', '2')],
    pods: [podOf('one', { cpu: '2', nodeName: 'a', priority: -5 })],
    pod: podOf('late', { cpu: '2', priority: -5 }),
    nearest: 'a lacks cpu: asks 2, has 0 free of 2',
    remedies: ['would preempt 1 free pod on a if it were in the batch band'],
  },
  {
    of: 'pods that are on their way out, where no place is held for it',
    nodes: [node('a', '2')],
    pods: [podOf('leaver', { cpu: '2', nodeName: 'a', leaving: true })],
    pod: podOf('next', { cpu: '2', spec: { preemptionPolicy: 'Never' } }),
    nearest: 'a lacks cpu: asks 2, has 0 free of 2',
    remedies: ['fits on a when 1 pod that is being deleted is gone'],
  },
];

describe('why no node takes a pod, and what would help', () => {
  test.each(ROWS)('$of', ({ nodes, pods = [], pod, nearest, remedies }) => {
    expect(explained(nodes, pods, pod)).toEqual({ nearest, remedies });
  });

  test('a disruption budget that would be broken is named', () => {
    const [a, sum] = [node('a', '2'), podOf('sum', { cpu: '2', nodeName: 'a', labels: { app: 'sum' } })];
    const pod = podOf('patient', { cpu: '2', priority: PRODUCTION, spec: { preemptionPolicy: 'Never' } });
    const scheduler = settled([a], [sum], pod);
    scheduler.setBudget(budgetOf('sums', { app: 'sum' }, 0));
    expect(scheduler.why(pod, NOW_MS).remedies.map(({ text }) => text)).toEqual([
      'would preempt 1 batch pod on a if its preemptionPolicy were not Never, but that would break the disruption budget default/sums',
    ]);
  });

  test('a band in which the namespace has no quota left is said to be no way out', () => {
    const quotaRoom: SchedulerOptions['quotaRoom'] = (namespace, band) =>
      `the quota of ${namespace} for ${band} has only cpu=1 left`;
    const pods = [
      podOf('one', { cpu: '2', nodeName: 'a', priority: 5 }),
      podOf('two', { nodeName: 'b', priority: 10 }),
    ];
    expect(
      explained([node('a', '2'), node('b', '1')], pods, podOf('late', { cpu: '2', priority: -5 }), { quotaRoom })
        .remedies,
    ).toEqual([
      'fits on b if cpu <= 1',
      'would preempt 1 batch pod on a if it were in the batch band, with a priority of 6, but the quota of default for batch has only cpu=1 left',
    ]);
  });

  test('what is wrong with a claim is all there is to say, and no node is to blame', () => {
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
    const pod = podOf('stateful', { cpu: '9', spec: { volumes } });
    const scheduler = settled([node('a', '4'), node('b', '4', cordoned)], [], pod);
    const reason = 'persistentvolumeclaim "data" not found';
    expect(scheduler.why(pod, NOW_MS)).toEqual({
      state: 'pending',
      message: `0/2 nodes are available: ${reason}.`,
      nodes: 2,
      reasons: [{ reason, nodes: 2 }],
      remedies: [],
    });
  });

  test('a pod that names its node hears of that node', () => {
    const nodeAffinity = {
      [REQUIRED]: {
        nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: ['b'] }] }],
      },
    };
    const pod = podOf('daemon', { cpu: '2', spec: { affinity: { nodeAffinity } } });
    const scheduler = settled([node('a', '4'), node('b', '1'), node('c', '4')], [], pod);
    const { message, nearest, remedies } = scheduler.why(pod, NOW_MS);
    expect(message).toBe(
      "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't match Pod's node affinity/selector.",
    );
    expect(nearest).toEqual({ node: 'b', lacks: ['cpu: asks 2, has 1 free of 1'] });
    expect(remedies).toEqual([{ text: 'fits on b if cpu <= 1', nodes: 1 }]);
  });

  test('a pod that is asked about before its turn is in line', () => {
    const pod = podOf('fresh', { cpu: '2' });
    const { state, message } = settled([node('a', '4'), node('b', '1')], [], pod).why(pod, NOW_MS);
    expect([state, message]).toEqual(['waiting', '1/2 nodes are available: it is in line for its turn']);
  });

  test('what has changed since the pod was set aside is heard of', () => {
    const pod = podOf('web', { labels: { app: 'web' }, cpu: '2' });
    const scheduler = settled([node('a', '1')], [], pod);
    scheduler.decide(NOW_MS, 10);
    scheduler.setPod(podOf('db', { nodeName: 'a', spec: away('podAntiAffinity', HOST, 'web') }));
    expect(scheduler.why(pod, 2 * NOW_MS).reasons.map(({ reason }) => reason)).toEqual([
      'Insufficient cpu',
      "node(s) didn't satisfy existing pods anti-affinity rules",
    ]);
  });

  test('no more than eight remedies are told, and sixteen reasons in one line', () => {
    const nodes = Array.from({ length: 30 }, (_, index) => node(`n${index}`, '4', tainted(`taint-${index}=yes`)));
    const pod = podOf('plain');
    const { message, reasons, remedies } = settled(nodes, [], pod).why(pod, NOW_MS);
    expect([reasons.length, remedies.length]).toEqual([30, 8]);
    expect(message).toMatch(/, and 14 other reasons\.$/);
  });
});

describe('the condition of a pod that is set aside', () => {
  const messages = (decisions: readonly Decision[]) =>
    decisions.flatMap((decision) => (decision.type === 'explain' ? [decision.message] : []));

  test('says what why says, with the first remedies', () => {
    const nodes = ['a', 'b', 'c', 'd', 'e'].map((name) => node(name, '4', tainted(`${name}=yes`)));
    const pod = podOf('plain');
    const scheduler = settled(nodes, [], pod);
    const said = messages(scheduler.decide(NOW_MS, 10));
    const { message, nearest, remedies } = scheduler.why(pod, NOW_MS);
    expect(remedies).toHaveLength(5);
    const three = remedies.slice(0, 3).map(({ text }) => text);
    expect(said).toEqual([
      `${message} Nearest: ${nearest?.node} lacks ${nearest?.lacks[0]}. What would help: ${three.join('; ')}.`,
    ]);
  });

  test('is made for a few kinds of pods at a time in a large cell, and for all in the end', () => {
    const scheduler = new Scheduler();
    for (let index = 0; index < 2500; index++) scheduler.setNode(node(`n${index}`, '1'));
    for (let index = 0; index < 20; index++) scheduler.setPod(podOf(`p${index}`, { cpu: `${2000 + index}m` }));
    let passes = 0;
    let said = 0;
    for (; said < 20; passes++) {
      const count = messages(scheduler.decide(NOW_MS, 100)).length;
      expect(count).toBeLessThan(5);
      expect(scheduler.nextDueMs <= NOW_MS).toBe(said + count < 20);
      said += count;
    }
    expect(passes).toBeGreaterThan(5);
    expect(scheduler.decide(NOW_MS, 100)).toEqual([]);
  });
});
