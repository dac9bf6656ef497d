import { describe, expect, test } from 'vitest';
import { created, lines, printed } from '../sample.suite.ts';
import { configMaps } from './config-map.ts';
import { events } from './event.ts';
import { namespaces } from './namespace.ts';
import { nodes } from './node.ts';
import { secrets } from './secret.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const at = (name: string, rest: object = {}) => ({ metadata: { name, namespace: 'default' }, ...rest });

describe('Namespace', () => {
  test('is active, named by a label and held by its finalizer', () => {
    const { object } = created(namespaces, { metadata: { name: 'shop' }, status: { phase: 'Terminating' } });
    expect(object.metadata?.labels).toEqual({ 'kubernetes.io/metadata.name': 'shop' });
    expect(object.spec).toEqual({ finalizers: ['kubernetes'] });
    expect(object.status).toEqual({ phase: 'Active' });
  });

  test('an update through the main resource keeps the finalizers', () => {
    const before = created(namespaces, { metadata: { name: 'shop' } }).object;
    const next = { ...structuredClone(before), spec: { finalizers: [] } };
    namespaces.prepareForUpdate?.(next, before);
    expect(next.spec.finalizers).toEqual(['kubernetes']);
  });
});

describe('Node', () => {
  const conditions = (status: string) => ({ conditions: [{ type: 'Ready', status }] });

  test.each<[string, object, string]>([
    ['never reported', {}, 'Unknown'],
    ['ready', { status: conditions('True') }, 'Ready'],
    ['lost', { status: conditions('Unknown') }, 'NotReady'],
    ['cordoned', { status: conditions('True'), spec: { unschedulable: true } }, 'Ready,SchedulingDisabled'],
  ])('%s', (_, rest, expected) => {
    const { object } = created(nodes, { metadata: { name: 'n' }, ...rest });
    expect(printed(nodes, object, NOW).Status).toBe(expected);
  });

  test('roles, addresses and versions', () => {
    const labels = { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/control-plane': '' };
    const status = { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] };
    const { object } = created(nodes, { metadata: { name: 'n', labels }, status });
    expect(printed(nodes, object, NOW)).toMatchObject({
      Roles: 'control-plane,worker',
      'Internal-IP': '10.0.0.1',
      'External-IP': '<none>',
      'OS-Image': '<unknown>',
    });
  });

  test('allocatable is the capacity where nothing is reserved', () => {
    const { object } = created(nodes, { metadata: { name: 'n' }, status: { capacity: { cpu: '4' } } });
    expect(object.status?.allocatable).toEqual({ cpu: '4' });
  });

  test('taints are unique by key and effect', () => {
    const taint = { key: 'a', effect: 'NoSchedule' };
    const { faults } = created(nodes, { metadata: { name: 'n' }, spec: { taints: [taint, taint] } });
    expect(faults.map(({ path, type }) => [path, type])).toEqual([['spec.taints[1]', 'FieldValueDuplicate']]);
  });

  test('the range of its pods and its provider id are settled once', () => {
    const make = (spec: object) => created(nodes, { metadata: { name: 'n' }, spec }).object;
    const before = make({ podCIDRs: ['10.1.0.0/24'], providerID: 'a' });
    expect(nodes.validateUpdate?.(before, make({}))).toEqual([]);
    expect(nodes.validateUpdate?.(make({ podCIDRs: ['10.2.0.0/24'], providerID: 'b' }), before)).toHaveLength(2);
  });
});

describe('Event', () => {
  const target = { kind: 'Pod', name: 'web', namespace: 'default' };

  test('belongs to the namespace of its object', () => {
    const { faults } = created(events, at('e', { involvedObject: { ...target, namespace: 'other' } }));
    expect(lines(faults)).toEqual(['involvedObject.namespace: Invalid value: "other": does not match event.namespace']);
    expect(created(events, at('e', { involvedObject: { kind: 'Node', name: 'n' } })).faults).toEqual([]);
  });

  test('columns', () => {
    const { object } = created(
      events,
      at('e', {
        involvedObject: { ...target, fieldPath: 'spec.containers{main}' },
        type: 'Warning',
        reason: 'BackOff',
        message: 'again \n',
        count: 3,
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:59:30Z',
        source: { component: 'agent', host: 'n1' },
      }),
    );
    expect(printed(events, object, NOW)).toEqual({
      'Last Seen': '30s',
      Type: 'Warning',
      Reason: 'BackOff',
      Object: 'pod/web',
      Subobject: 'spec.containers{main}',
      Source: 'agent, n1',
      Message: 'again',
      'First Seen': '60m',
      Count: 3,
      Name: 'e',
    });
  });

  test('a series speaks for itself', () => {
    const series = { count: 9, lastObservedTime: '2026-01-01T00:59:50.000000Z' };
    const { object } = created(events, at('e', { involvedObject: target, eventTime: '2026-01-01T00:50:00Z', series }));
    expect(printed(events, object, NOW)).toMatchObject({ 'Last Seen': '10s', 'First Seen': '10m', Count: 9 });
  });

  test('field selectors read the object it is about', () => {
    const { object } = created(events, at('e', { involvedObject: target, source: { component: 'scheduler' } }));
    const read = (field: string) => events.selectableFields?.[field]?.(object);
    expect(read('involvedObject.name')).toBe('web');
    expect(read('involvedObject.uid')).toBe('');
    expect(read('source')).toBe('scheduler');
  });
});

describe('Secret', () => {
  test('texts move into data, over what is there', () => {
    const { object } = created(secrets, at('s', { data: { a: 'eA==', b: 'eQ==' }, stringData: { a: 'é' } }));
    expect(object).toMatchObject({ type: 'Opaque', data: { a: 'w6k=', b: 'eQ==' } });
    expect(object.stringData).toBeUndefined();
  });

  test.each<[string, object, string[]]>([
    ['key', { stringData: { 'a b': '' } }, ['data[a b]']],
    ['tls without its keys', { type: 'kubernetes.io/tls' }, ['data[tls.crt]', 'data[tls.key]']],
    [
      'docker config that is no JSON',
      { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': '{' } },
      ['data[.dockerconfigjson]'],
    ],
    ['password alone', { type: 'kubernetes.io/basic-auth', stringData: { password: 'x' } }, []],
    ['too large', { stringData: { a: 'x'.repeat(1024 * 1024 + 1) } }, ['data']],
  ])('%s', (_, rest, paths) => {
    expect(created(secrets, at('s', rest)).faults.map((fault) => fault.path)).toEqual(paths);
  });

  test('its type, and its data once immutable, cannot change', () => {
    const make = (rest: object) => created(secrets, at('s', rest)).object;
    const before = make({ immutable: true, stringData: { a: '1' } });
    const after = make({ type: 'example.com/x', stringData: { a: '2' } });
    expect(secrets.validateUpdate?.(after, before).map((fault) => fault.path)).toEqual(['type', 'immutable', 'data']);
  });
});

test('a ConfigMap has each key once and counts both kinds of value', () => {
  const { object, faults } = created(configMaps, at('c', { data: { a: '1', b: '2' }, binaryData: { a: 'eA==' } }));
  expect(lines(faults)).toEqual(['data[a]: Invalid value: "a": duplicate of key present in binaryData']);
  expect(printed(configMaps, object, NOW).Data).toBe(3);
});
