import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { container, podOf } from '../plan/transcript.fixture.ts';
import type { Pod } from '../pod-types.ts';
import { resizeRefusal } from '../resize.ts';
import { type AdmittingNode, admit } from './admission.ts';
import { bookingOf, heldOf } from './booked.ts';

type Spec = NonNullable<Pod['spec']>;

const MIB = 1024 ** 2;
const node: AdmittingNode = {
  name: 'n1',
  labels: { 'kubernetes.io/hostname': 'n1', 'kubernetes.io/os': 'linux', size: '7' },
  complete: false,
  room: { cpu: 4000, memory: 1000 * MIB, pods: 3, 'nvidia.com/gpu': 1 },
  allowedUnsafeSysctls: ['kernel.msg*', 'net.core.somaxconn'],
};
const pod = (spec: Partial<Spec>, name = 'p', more: Pod['metadata'] = {}): Pod =>
  podOf({ containers: [container('app')], ...spec }, { name, uid: name, ...more });
const asking = (requests: Record<string, string>, more: Partial<Spec> = {}, name = 'p') =>
  pod({ containers: [container('app', { resources: { requests, limits: requests } })], ...more }, name);
const booked = (...pods: Pod[]) => pods.map((one) => bookingOf(one, undefined));
const reason = (one: Pod, ...others: Pod[]) => {
  const verdict = admit(one, booked(...others), node);
  return verdict.admitted ? `preempt ${verdict.preempt.join()}`.trim() : verdict.ending.reason;
};

describe('a pod that comes past the scheduler', () => {
  test('is let in where there is room', () => {
    expect(reason(asking({ cpu: '2' }), asking({ cpu: '2' }))).toBe('preempt');
    expect(reason(pod({}))).toBe('preempt');
  });

  test.each([
    ['OutOfcpu', { cpu: '2001m' }],
    ['OutOfmemory', { memory: '600Mi' }],
    ['OutOfnvidia.com/gpu', { 'nvidia.com/gpu': '1' }],
  ])('%s', (expected, requests) => {
    const other = asking({ cpu: '2', memory: '500Mi', 'nvidia.com/gpu': '1' });
    expect(reason(asking(requests), other)).toBe(expected);
  });

  test('is told what it lacks, as the kubelet tells it', () => {
    expect(admit(asking({ cpu: '3' }), booked(asking({ cpu: '2' })), node)).toEqual({
      admitted: false,
      ending: {
        reason: 'OutOfcpu',
        message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 3000, used: 2000, capacity: 4000",
      },
    });
  });

  test('is one too many', () => {
    expect(reason(pod({}), pod({}, 'a'), pod({}, 'b'), pod({}, 'c'))).toBe('OutOfpods');
  });

  test('what the node keeps no books of was announced by people, and counted by the scheduler', () => {
    expect(reason(asking({ 'example.com/dongle': '5' }))).toBe('preempt');
  });

  test('who asks for nothing fits an overfull node', () => {
    expect(reason(pod({}), asking({ cpu: '9' }))).toBe('preempt');
  });

  test.each<[string, Partial<Spec>]>([
    ['preempt', { nodeSelector: { 'kubernetes.io/os': 'linux' } }],
    ['NodeAffinity', { nodeSelector: { 'kubernetes.io/os': 'plan9' } }],
    ['preempt', { nodeSelector: { 'given/by-people': 'x' } }],
    ['NodeAffinity', affinity([['size', 'Gt', '7']])],
    ['preempt', affinity([['size', 'Gt', '6']])],
    [
      'NodeAffinity',
      affinity([
        ['size', 'DoesNotExist'],
        ['unknown', 'Exists'],
      ]),
    ],
    ['preempt', affinity([['size', 'NotIn', '7']], [['unknown', 'In', 'x']])],
    ['NodeAffinity', affinity([['size', 'NotIn', '7']], [['kubernetes.io/hostname', 'In', 'n2', 'n3']])],
  ])('%s: %j', (expected, spec) => {
    expect(reason(pod(spec))).toBe(expected);
  });

  test('once the master has told all labels of the node, what is not among them is not there', () => {
    const told = { ...node, complete: true };
    const admitted = (spec: Partial<Spec>) => admit(pod(spec), [], told).admitted;
    expect(admitted({ nodeSelector: { disk: 'ssd' } })).toBe(false);
    expect(admitted(affinity([['disk', 'NotIn', 'ssd']]))).toBe(true);
    expect(admitted(affinity([['disk', 'DoesNotExist']]))).toBe(true);
    expect(admitted(affinity([['disk', 'Exists']]))).toBe(false);
    expect(admitted({ nodeSelector: { size: '7' } })).toBe(true);
  });

  test('ports of the machine', () => {
    const with80 = (hostIP?: string, hostNetwork = false) =>
      pod({ hostNetwork, containers: [container('app', { ports: [{ containerPort: 80, hostPort: 80, hostIP }] })] });
    expect(reason(with80(), with80())).toBe('NodePorts');
    expect(reason(with80('10.0.0.1'), with80('10.0.0.2'))).toBe('preempt');
    expect(reason(with80('10.0.0.1'), with80())).toBe('NodePorts');
    const onHost = pod({ hostNetwork: true, containers: [container('app', { ports: [{ containerPort: 80 }] })] });
    expect(reason(onHost, with80('10.0.0.1'))).toBe('NodePorts');
  });

  test.each<[string, string, Partial<Spec>]>([
    ['preempt', 'net.ipv4.tcp_syncookies', {}],
    ['preempt', 'net/ipv4/tcp_syncookies', {}],
    ['SysctlForbidden', 'vm.swappiness', {}],
    ['preempt', 'kernel.msgmax', {}],
    ['preempt', 'net.core.somaxconn', {}],
    ['SysctlForbidden', 'net.core.somaxconn', { hostNetwork: true }],
    ['SysctlForbidden', 'kernel.msgmax', { hostIPC: true }],
  ])('%s: %s %j', (expected, name, spec) => {
    expect(reason(pod({ ...spec, securityContext: { sysctls: [{ name, value: '1' }] } }))).toBe(expected);
  });
});

function affinity(...terms: readonly (readonly (readonly string[])[])[]): Partial<Spec> {
  const nodeSelectorTerms = terms.map((term) => ({
    matchExpressions: term.map(([key = '', operator, ...values]) => ({ key, operator: operator as 'In', values })),
  }));
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } };
}

describe('a critical pod', () => {
  const critical = (cpu: string) => asking({ cpu }, { priority: 2_000_001_000 }, 'critical');

  test('takes the place of as few and as unimportant pods as will do', () => {
    const free = asking({ cpu: '1' }, { priority: -5 }, 'free');
    const small = asking({ cpu: '500m' }, { priority: 1 }, 'small');
    const large = asking({ cpu: '2500m' }, { priority: 2 }, 'large');
    expect(reason(critical('1'), free, large, small)).toBe('preempt free');
    expect(reason(critical('2'), free, large, small)).toBe('preempt large');
    expect(reason(critical('4'), free, large, small)).toBe('preempt free,small,large');
  });

  test('but not of another critical one, nor in vain', () => {
    expect(reason(critical('1'), asking({ cpu: '4' }, { priority: 2_000_000_000 }))).toBe('OutOfcpu');
    expect(reason(critical('5'), asking({ cpu: '4' }))).toBe('OutOfcpu');
  });

  test('static pods are critical', () => {
    const annotations = { 'kubernetes.io/config.source': 'file' };
    const fixed = { ...asking({ cpu: '1' }), metadata: { name: 'fixed', uid: 'fixed', annotations } };
    expect(reason(fixed, asking({ cpu: '4' }, { priority: 5 }, 'victim'))).toBe('preempt victim');
  });

  test('whatever it preempts, it fits then', () => {
    const other = fc.record({ milli: fc.integer({ min: 1, max: 2000 }), priority: fc.integer({ min: -10, max: 10 }) });
    fc.assert(
      fc.property(fc.array(other, { maxLength: 3 }), fc.integer({ min: 1, max: 5000 }), (specs, milli) => {
        const pods = specs.map((spec, i) => asking({ cpu: `${spec.milli}m` }, { priority: spec.priority }, `p${i}`));
        const verdict = admit(critical(`${milli}m`), booked(...pods), { ...node, room: { cpu: 4000 } });
        if (!verdict.admitted) return milli > 4000;
        const stay = pods.filter(({ metadata }) => !verdict.preempt.includes(metadata?.uid ?? ''));
        return heldOf('cpu', booked(...stay)) + milli <= 4000;
      }),
    );
  });
});

describe('a resize', () => {
  const running = (requests: Record<string, string>, conditions: { type: string; status: 'True' }[] = []) => ({
    conditions,
    containerStatuses: [
      { name: 'app', ready: true, restartCount: 0, image: '', imageID: '', allocatedResources: requests },
    ],
  });
  const verdict = (asked: string, granted: string, ...others: Pod[]) =>
    resizeRefusal(asking({ cpu: asked }), running({ cpu: granted }), () => booked(...others), node.room)?.reason;

  test('downwards is always granted, upwards where there is room', () => {
    expect(verdict('1', '2', asking({ cpu: '4' }))).toBeUndefined();
    expect(verdict('2', '1', asking({ cpu: '2' }))).toBeUndefined();
    expect(verdict('2', '1', asking({ cpu: '2001m' }))).toBe('Deferred');
    expect(verdict('5', '1')).toBe('Infeasible');
  });

  test('one that is refused holds no more than it was granted', () => {
    const pending = bookingOf(
      asking({ cpu: '3' }),
      running({ cpu: '1' }, [{ type: 'PodResizePending', status: 'True' }]),
    );
    expect(pending.requests.cpu).toBe(1000);
    expect(bookingOf(asking({ cpu: '3' }), running({ cpu: '1' })).requests.cpu).toBe(3000);
  });
});
