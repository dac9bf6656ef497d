import { expect, test } from 'vitest';
import { created, lines, podOf } from '../sample.suite.ts';
import { pods } from './pod.ts';

const term = 'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]';
const spread = 'spec.topologySpreadConstraints[0]';
const labelSelector = { matchLabels: { app: 'a' }, matchExpressions: [{ key: 'tier', operator: 'Exists' }] };

const ofTerm = (fields: object) =>
  podOf({
    affinity: {
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'z', ...fields }] },
    },
  });
const ofSpread = (fields: object) =>
  podOf({
    topologySpreadConstraints: [{ topologyKey: 'z', maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule', ...fields }],
  });

test.each<[string, object, string[]]>([
  ['own labels beside others', ofTerm({ labelSelector, matchLabelKeys: ['hash'], mismatchLabelKeys: ['tenant'] }), []],
  ['own labels beside none', ofTerm({ labelSelector: {}, matchLabelKeys: ['hash'] }), []],
  [
    'no selector to narrow',
    ofTerm({ matchLabelKeys: ['hash'], mismatchLabelKeys: ['tenant'] }),
    [
      `${term}.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set`,
      `${term}.mismatchLabelKeys: Forbidden: must not be specified when labelSelector is not set`,
    ],
  ],
  [
    'a key that must be equal and different',
    ofTerm({ labelSelector, matchLabelKeys: ['hash', 'tenant'], mismatchLabelKeys: ['tenant'] }),
    [`${term}.matchLabelKeys[1]: Invalid value: "tenant": exists in both matchLabelKeys and mismatchLabelKeys`],
  ],
  [
    'keys of the selector',
    ofTerm({ labelSelector, matchLabelKeys: ['app'], mismatchLabelKeys: ['tier'] }),
    [
      `${term}.matchLabelKeys[0]: Invalid value: "app": exists in both matchLabelKeys and labelSelector`,
      `${term}.mismatchLabelKeys[0]: Invalid value: "tier": exists in both mismatchLabelKeys and labelSelector`,
    ],
  ],
  ['spread by an own label', ofSpread({ labelSelector, matchLabelKeys: ['hash'] }), []],
  [
    'spread without a selector',
    ofSpread({ matchLabelKeys: ['hash'] }),
    [`${spread}.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set`],
  ],
  [
    'spread by a key of the selector',
    ofSpread({ labelSelector, matchLabelKeys: ['hash', 'app'] }),
    [`${spread}.matchLabelKeys[1]: Invalid value: "app": exists in both matchLabelKeys and labelSelector`],
  ],
])('%s', (_, pod, expected) => {
  expect(lines(created(pods, pod).faults)).toEqual(expected);
});

test('a key is the key of a label', () => {
  const [fault] = lines(created(pods, ofTerm({ labelSelector, matchLabelKeys: ['a b'] })).faults);
  expect(fault).toContain(`${term}.matchLabelKeys[0]: Invalid value: "a b"`);
});
