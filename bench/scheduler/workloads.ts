import type { Affinity } from '../../api/core/affinity.ts';
import type { Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import { POD_GROUP_KEY } from '../../api/stowage/pod-group.ts';
import { evenOverZones, oneForEachNode } from './faults.ts';
import {
  apart,
  HOSTNAME,
  namespace,
  near,
  node,
  ofColor,
  onNode,
  onNodesWith,
  type PodTraits,
  pod,
  podGroup,
  ratherApart,
  ratherNear,
  spreadOverZones,
  ZONE,
} from './objects.ts';
import type { Batch, Workload } from './workload.ts';

/**
 * The shapes of Kubernetes' scheduler_perf (test/integration/scheduler_perf), with the thresholds it holds kube-scheduler to, and
 * gangs, which it does not measure. The aim is a hundred times the threshold for the library alone; for a whole master on etcd, on two
 * cores, ten times the thresholds below 300, where deciding and not writing is what takes kube-scheduler its time.
 */

const NODES = 5000;
/** Two namespaces, as there: terms name both, so that pods of the one count for those of the other. */
const SPACES = ['sched-0', 'sched-1'];
const [FIRST = '', SECOND = ''] = SPACES;
const BURST = 100;
const TIMES_THRESHOLD = 100;
const TIMES_THRESHOLD_END_TO_END = 10;
const BASIC_TARGET = 100_000;
const BASIC_TARGET_END_TO_END = 3000;
const SLOW = 300;
/** In the band of production, which may push out others. */
const HIGH_PRIORITY = 1_000_000;

const inZones = (count: number, ...zones: string[]): Batch<Node> => ({
  count,
  make: (index) => node({ name: `node-${index}`, zone: zones[index % zones.length] }),
});

/** Pods that differ in name only. */
const same = (count: number, traits: Omit<PodTraits, 'name'>, prefix = 'pod'): Batch<Pod> => ({
  count,
  make: (index) => pod({ ...traits, name: `${prefix}-${index}` }),
});

const plain = (count: number, prefix?: string, space = SECOND) => same(count, { namespace: space }, prefix);

/** Pods of a color that relate to their like. */
const colored = (count: number, space: string, color: string, affinity: Affinity, prefix?: string) =>
  same(count, { namespace: space, labels: { color, name: 'test' }, spec: { affinity } }, prefix);

type Described = Partial<Workload> & Pick<Workload, 'name' | 'measured'>;

function work(described: Described): Workload {
  const { threshold } = described;
  const slow = threshold !== undefined && threshold < SLOW;
  return {
    namespaces: SPACES.map((name) => namespace(name)),
    groups: [],
    nodes: [inZones(NODES)],
    initial: [],
    stuck: [],
    burst: BURST,
    ...(threshold && { target: TIMES_THRESHOLD * threshold }),
    ...(slow && { endToEndTarget: TIMES_THRESHOLD_END_TO_END * threshold }),
    ...described,
  };
}

const basic = (initial: number, measured: number, threshold: number): Workload =>
  work({
    name: `basic, ${initial / 1000}k then ${measured / 1000}k`,
    initial: [plain(initial, 'initial', FIRST)],
    measured: plain(measured),
    threshold,
    target: BASIC_TARGET,
    endToEndTarget: BASIC_TARGET_END_TO_END,
  });

/** So many pods that relate to their like, and so many more of them. */
function relating(
  name: string,
  threshold: number,
  [initial, measured]: readonly [number, number],
  [color, affinity]: readonly [string, Affinity],
  more: Partial<Workload> = {},
): Workload {
  return work({
    name,
    initial: [colored(initial, FIRST, color, affinity)],
    measured: colored(measured, SECOND, color, affinity),
    threshold,
    ...more,
  });
}

const BLUE = near(ofColor('blue', ZONE, SPACES));
const GREEN = apart(ofColor('green', HOSTNAME, SPACES));
const RED = ratherNear(ofColor('red', HOSTNAME, SPACES));
const YELLOW = ratherApart(ofColor('yellow', HOSTNAME, SPACES));

const INIT_SPACES = 100;
const DEVOPS = { team: 'devops' };

const namespaceSelector = (): Workload => {
  const affinity = apart({
    labelSelector: { matchLabels: { color: 'green' } },
    topologyKey: HOSTNAME,
    namespaceSelector: { matchLabels: DEVOPS },
  });
  const labels = { color: 'green' };
  const name = (index: number) => `init-ns-${index % INIT_SPACES}`;
  return work({
    name: 'namespace-selector anti-affinity',
    namespaces: [
      namespace('measure-ns-0', DEVOPS),
      ...Array.from({ length: INIT_SPACES }, (_, index) => namespace(name(index), DEVOPS)),
    ],
    initial: [
      {
        count: 10 * INIT_SPACES,
        make: (index) => pod({ namespace: name(index), name: `pod-${index}`, labels, spec: { affinity } }),
      },
    ],
    measured: same(2000, { namespace: 'measure-ns-0', labels, spec: { affinity } }),
    threshold: 24,
    fault: oneForEachNode('green'),
  });
};

const spread = (when: 'DoNotSchedule' | 'ScheduleAnyway', name: string, threshold: number): Workload =>
  work({
    name,
    nodes: [inZones(NODES, 'zone1', 'zone2', 'zone3')],
    initial: [plain(5000, 'initial', FIRST)],
    measured: same(5000, { namespace: SECOND, labels: { color: 'blue' }, spec: spreadOverZones('blue', when) }),
    threshold,
    ...(when === 'DoNotSchedule' && { fault: evenOverZones('blue', 5) }),
  });

/** Four of these fill a node but for 400m; a preemptor needs three of them gone. */
const preemption = (): Workload =>
  work({
    name: 'preemption',
    initial: [same(4 * NODES, { namespace: FIRST, cpu: '900m', spec: { priority: 0 } })],
    measured: plain(5000),
    threshold: 570,
    alongside: {
      perSecond: 5,
      turn: (index) => ({
        pods: [pod({ namespace: FIRST, name: `urgent-${index}`, cpu: '3', spec: { priority: HIGH_PRIORITY } })],
      }),
    },
  });

const TOO_LARGE = { cpu: '9' };

const churn = (): Workload => {
  const passing = (index: number) => ({
    nodes: [node({ name: `passing-${index}` })],
    stuck: [pod({ namespace: FIRST, name: `passing-${index}`, ...TOO_LARGE, spec: { priority: HIGH_PRIORITY } })],
  });
  return work({
    name: 'churn',
    measured: plain(10_000),
    threshold: 710,
    alongside: {
      perSecond: 10,
      turn: (index) => {
        const last = index > 0 ? passing(index - 1) : { nodes: [], stuck: [] };
        return { ...passing(index), goneNodes: last.nodes, gonePods: last.stuck };
      },
    },
  });
};

const daemonNode = 'the-one-node';

function gangs(count: number, size: number): Workload {
  const groupOf = (index: number) => `gang-${Math.floor(index / size)}`;
  return work({
    name: `gangs, ${count.toLocaleString('en')} of ${size.toLocaleString('en')}`,
    groups: [{ count, make: (index) => podGroup(SECOND, `gang-${index}`, size) }],
    measured: {
      count: count * size,
      make: (index) => pod({ namespace: SECOND, name: `pod-${index}`, labels: { [POD_GROUP_KEY]: groupOf(index) } }),
    },
    burst: size * Math.ceil(BURST / size),
  });
}

export const workloads: readonly Workload[] = [
  basic(1000, 10_000, 680),
  basic(5000, 50_000, 810),
  work({
    name: 'daemonset',
    nodes: [inZones(15_000), { count: 1, make: () => node({ name: daemonNode, pods: 90_000 }) }],
    measured: same(30_000, { namespace: SECOND, none: true, spec: { affinity: onNode(daemonNode) } }),
    threshold: 1100,
  }),
  work({
    name: 'node affinity',
    nodes: [inZones(NODES, 'zone1')],
    initial: [same(5000, { namespace: FIRST, spec: { affinity: onNodesWith(ZONE, ['zone1', 'zone2']) } })],
    measured: same(10_000, { namespace: SECOND, spec: { affinity: onNodesWith(ZONE, ['zone1', 'zone2']) } }),
    threshold: 220,
  }),
  relating('pod affinity', 35, [5000, 5000], ['blue', BLUE], { nodes: [inZones(NODES, 'zone1')] }),
  relating('pod anti-affinity', 60, [1000, 2000], ['green', GREEN], { fault: oneForEachNode('green') }),
  relating('preferred pod affinity', 90, [5000, 5000], ['red', RED]),
  relating('preferred pod anti-affinity', 90, [5000, 5000], ['yellow', YELLOW]),
  work({
    name: 'mixed',
    nodes: [inZones(NODES, 'zone1')],
    initial: [
      plain(2000, 'plain', FIRST),
      colored(2000, FIRST, 'blue', BLUE, 'near'),
      colored(2000, FIRST, 'green', GREEN, 'apart'),
      colored(2000, FIRST, 'red', RED, 'rather-near'),
      colored(2000, FIRST, 'yellow', YELLOW, 'rather-apart'),
    ],
    measured: plain(5000),
    threshold: 140,
    fault: oneForEachNode('green'),
  }),
  namespaceSelector(),
  spread('DoNotSchedule', 'topology spread', 460),
  spread('ScheduleAnyway', 'preferred topology spread', 340),
  preemption(),
  work({
    name: 'unschedulable',
    stuck: [same(20_000, { namespace: FIRST, ...TOO_LARGE })],
    measured: plain(10_000),
    threshold: 600,
  }),
  work({
    name: 'gated',
    stuck: [same(10_000, { namespace: FIRST, spec: { schedulingGates: [{ name: 'bench/never' }] } })],
    measured: plain(20_000),
    threshold: 910,
  }),
  churn(),
  gangs(1000, 3),
  gangs(9, 1000),
  gangs(10, 5000),
];
