import { describe, expect, test } from 'vitest';
import type { NodeAffinity, NodeSelectorRequirement, NodeSelectorTerm } from '../../../api/core/affinity.ts';
import type { PodSpec } from '../../../api/core/pod-spec.ts';
import type { World } from '../world.ts';
import type { PodFacts } from './constraint.ts';
import { nodeAffinity, nodeAffinityAdmits, pinnedNodes, withoutPin } from './node-affinity.ts';

const world = {} as World;
const required = (...nodeSelectorTerms: NodeSelectorTerm[]): NodeAffinity => ({
  requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
});
const spec = (affinity?: NodeAffinity, nodeSelector?: PodSpec['nodeSelector']): PodSpec => ({
  containers: [],
  nodeSelector,
  affinity: affinity && { nodeAffinity: affinity },
});
const facts = (of: PodSpec) => ({ namespace: 'default', labels: {}, spec: of }) as unknown as PodFacts;
const node = (name: string, labels?: Record<string, string>) => ({ metadata: { name, labels } });
type Operator = NodeSelectorRequirement['operator'];

describe('operators', () => {
  test.each<[Operator, string[] | undefined, string | undefined, boolean]>([
    ['In', ['a', 'b'], 'b', true],
    ['In', ['a', 'b'], 'c', false],
    ['In', ['a'], undefined, false],
    ['In', [], 'a', false],
    ['NotIn', ['a', 'b'], 'c', true],
    ['NotIn', ['a', 'b'], 'a', false],
    ['NotIn', ['a'], undefined, true],
    ['NotIn', [], 'a', false],
    ['Exists', undefined, '', true],
    ['Exists', undefined, undefined, false],
    ['DoesNotExist', undefined, undefined, true],
    ['DoesNotExist', undefined, 'a', false],
    ['Gt', ['5'], '6', true],
    ['Gt', ['5'], '5', false],
    ['Gt', ['-5'], '-4', true],
    ['Gt', ['9007199254740992'], '9007199254740993', true],
    ['Gt', ['5'], '99999999999999999999', false],
    ['Gt', ['5'], 'six', false],
    ['Gt', ['5'], '6.5', false],
    ['Gt', ['5'], undefined, false],
    ['Gt', ['five'], '6', false],
    ['Gt', ['1', '2'], '6', false],
    ['Lt', ['5'], '+4', true],
    ['Lt', ['5'], '5', false],
  ])('%s %j of a node with %j: %s', (operator, values, value, expected) => {
    const admits = nodeAffinityAdmits(spec(required({ matchExpressions: [{ key: 'k', operator, values }] })));
    expect(admits?.(node('n', value === undefined ? undefined : { k: value }))).toBe(expected);
  });

  test('a label is one the node has itself', () => {
    const admits = nodeAffinityAdmits(spec(required({ matchExpressions: [{ key: 'toString', operator: 'Exists' }] })));
    expect(admits?.(node('n', {}))).toBe(false);
  });
});

describe('terms', () => {
  const disk = { key: 'disk', operator: 'In' as const, values: ['ssd'] };
  const zone = { key: 'zone', operator: 'In' as const, values: ['a'] };
  const named = (operator: Operator, name: string) => ({ key: 'metadata.name', operator, values: [name] });

  test.each<[string, NodeSelectorTerm[], string[]]>([
    ['one must match', [{ matchExpressions: [disk] }, { matchExpressions: [zone] }], ['ssd', 'zoned', 'both']],
    ['all of its conditions', [{ matchExpressions: [disk, zone] }], ['both']],
    ['an empty one matches nothing', [{}], []],
    ['an empty one beside another', [{}, { matchExpressions: [zone] }], ['zoned', 'both']],
    ['none at all match nothing', [], []],
    ['by name', [{ matchFields: [named('In', 'ssd')] }], ['ssd']],
    ['by other names', [{ matchFields: [named('NotIn', 'ssd')] }], ['zoned', 'both', 'plain']],
    ['by name and label', [{ matchFields: [named('NotIn', 'ssd')], matchExpressions: [disk] }], ['both']],
    ['by a field nodes do not have', [{ matchFields: [{ ...named('In', 'ssd'), key: 'spec.name' }] }], []],
  ])('%s', (_, terms, expected) => {
    const nodes = [
      node('ssd', { disk: 'ssd' }),
      node('zoned', { zone: 'a' }),
      node('both', { disk: 'ssd', zone: 'a' }),
      node('plain'),
    ];
    const admits = nodeAffinityAdmits(spec(required(...terms)))!;
    expect(nodes.filter(admits).map(({ metadata }) => metadata.name)).toEqual(expected);
  });

  test('the node selector must hold too', () => {
    const admits = nodeAffinityAdmits(spec(required({ matchExpressions: [disk] }), { zone: 'a' }))!;
    expect(admits(node('n', { disk: 'ssd', zone: 'a' }))).toBe(true);
    expect(admits(node('n', { disk: 'ssd' }))).toBe(false);
    expect(admits(node('n', { zone: 'a' }))).toBe(false);
  });
});

describe('constraint', () => {
  test('has no say for a pod that asks for nothing', () => {
    expect(nodeAffinity.bearing(facts(spec()), world)).toBeUndefined();
    expect(nodeAffinity.compile(facts(spec()), world)).toBeUndefined();
    expect(nodeAffinity.compile(facts(spec(undefined, {})), world)).toBeUndefined();
  });

  test('is worth the share of the weights that match, of 200 points', () => {
    const preference = (key: string) => ({ matchExpressions: [{ key, operator: 'Exists' as const }] });
    const compiled = nodeAffinity.compile(
      facts(
        spec({
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 1, preference: preference('a') },
            { weight: 3, preference: preference('b') },
          ],
        }),
      ),
      world,
    )!;
    expect(compiled.node).toBeUndefined();
    const worth = (labels: Record<string, string>) => compiled.worth!(node('n', labels), 0);
    expect([{}, { a: '' }, { b: '' }, { a: '', b: '' }].map((labels) => worth(labels as never))).toEqual([
      0, 50, 150, 200,
    ]);
  });

  test('says why not', () => {
    const compiled = nodeAffinity.compile(facts(spec(undefined, { a: 'b' })), world)!;
    expect(compiled.node!.admits(node('n'), 0)).toBe(false);
    expect(compiled.node!.refusal(node('n'), 0)).toBe("node(s) didn't match Pod's node affinity/selector");
  });
});

describe('pinned pods', () => {
  const pin = (...values: string[]) => ({ key: 'metadata.name', operator: 'In' as const, values });
  const gpu = { key: 'gpu', operator: 'Exists' as const };

  test.each<[string, NodeSelectorTerm[], string[] | undefined]>([
    ['as a DaemonSet does', [{ matchFields: [pin('n1')] }], ['n1']],
    ['every term', [{ matchFields: [pin('n1')] }, { matchFields: [pin('n2')] }], ['n1', 'n2']],
    ['twice in a term', [{ matchFields: [pin('n1', 'n2'), pin('n2', 'n3')] }], ['n2']],
    ['beside an equal demand', [{ matchFields: [pin('n1')], matchExpressions: [gpu] }], ['n1']],
    ['not every term', [{ matchFields: [pin('n1')] }, { matchExpressions: [gpu] }], undefined],
    [
      'demands differ',
      [{ matchFields: [pin('n1')] }, { matchFields: [pin('n2')], matchExpressions: [gpu] }],
      undefined,
    ],
    ['other names', [{ matchFields: [{ ...pin('n1'), operator: 'NotIn' }] }], undefined],
    ['no term', [], undefined],
  ])('%s', (_, terms, expected) => {
    expect(pinnedNodes(spec(required(...terms)))).toEqual(expected);
  });

  test('are otherwise as the pod without the names', () => {
    const pods = ['n1', 'n2'].map((name) => spec(required({ matchFields: [pin(name)] }), { os: 'linux' }));
    const [one, other] = pods.map((pod) => withoutPin(pod));
    expect(one).toEqual(other);
    expect(nodeAffinity.bearing(facts(one!), world)).toBe(nodeAffinity.bearing(facts(other!), world));
    const admits = nodeAffinityAdmits(one!)!;
    expect(admits(node('n3', { os: 'linux' }))).toBe(true);
    expect(admits(node('n1'))).toBe(false);
    expect(pods[0]!.affinity?.nodeAffinity).toEqual(required({ matchFields: [pin('n1')] }));
  });

  test('keep what they demand or prefer besides', () => {
    const preferred = { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: {} }] };
    const pod = spec({
      ...required({ matchFields: [pin('n1')], matchExpressions: [gpu] }),
      ...preferred,
    });
    const loose = withoutPin(pod);
    expect(loose.affinity?.nodeAffinity).toEqual({
      ...required({ matchExpressions: [gpu], matchFields: [] }),
      ...preferred,
    });
  });

  test('a pod that is not pinned stays as it is', () => {
    const pod = spec(required({ matchExpressions: [gpu] }));
    expect(withoutPin(pod)).toBe(pod);
    expect(pinnedNodes(spec())).toBeUndefined();
  });
});
