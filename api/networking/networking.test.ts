import { describe, expect, test } from 'vitest';
import { created, lines } from '../sample.suite.ts';
import { ingresses } from './ingress.ts';
import { ingressClasses } from './ingress-class.ts';
import { networkPolicies } from './network-policy.ts';

const meta = { metadata: { name: 'a', namespace: 'default' } };
const backend = { service: { name: 'web', port: { number: 80 } } };

describe('ingresses', () => {
  const faultsOf = (spec: object) => lines(created(ingresses, { ...meta, spec }).faults);
  const withPath = (path: object) => ({
    rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend, ...path }] } }],
  });
  const at = 'spec.rules[0].http.paths[0]';

  test.each<[string, object, string[]]>([
    ['nothing at all', {}, ['spec: Invalid value: []: either `defaultBackend` or `rules` must be specified']],
    ['a fit one', withPath({}), []],
    ['a relative path', withPath({ path: 'a' }), [`${at}.path: Invalid value: "a": must be an absolute path`]],
    [
      'a path upwards',
      withPath({ path: '/a/../b' }),
      [`${at}.path: Invalid value: "/a/../b": must not contain '/../'`],
    ],
    ['no type', withPath({ pathType: '' }), [`${at}.pathType: Required value: pathType must be specified`]],
    [
      'no port',
      withPath({ backend: { service: { name: 'web' } } }),
      [`${at}.backend.service: Required value: port name or number is required`],
    ],
    [
      'no backend',
      withPath({ backend: {} }),
      [`${at}.backend: Required value: resource or service backend is required`],
    ],
    ['a wildcard host', { rules: [{ host: '*.example.com' }] }, []],
    [
      'an address as host',
      { rules: [{ host: '10.0.0.1' }] },
      ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
    ],
  ])('%s', (_, spec, expected) => {
    expect(faultsOf(spec)).toEqual(expected);
  });
});

test('ingress classes name a controller, which stays', () => {
  const faultsOf = (spec: object) => lines(created(ingressClasses, { metadata: { name: 'a' }, spec }).faults);
  expect(faultsOf({ controller: 'x' })).toEqual([
    'spec.controller: Invalid value: "x": must be a domain-prefixed path (such as "acme.io/foo")',
  ]);
  const parameters = { kind: 'Settings', name: 'a', namespace: 'x' };
  expect(faultsOf({ controller: 'a.b/c', parameters })).toEqual([
    "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'",
  ]);
  const [one, other] = ['a.b/c', 'a.b/d'].map((controller) => created(ingressClasses, { spec: { controller } }).object);
  expect(lines(ingressClasses.validateUpdate!(one!, other!))).toEqual([
    'spec.controller: Invalid value: "a.b/c": field is immutable',
  ]);
});

describe('network policies', () => {
  const make = (spec: object) => created(networkPolicies, { ...meta, spec });

  test('are about what comes in, and about what goes out where there are rules for that', () => {
    expect(make({ podSelector: {} }).object.spec?.policyTypes).toEqual(['Ingress']);
    const { object } = make({ egress: [{ ports: [{ port: 53 }] }] });
    expect(object.spec?.policyTypes).toEqual(['Ingress', 'Egress']);
    expect(object.spec?.egress?.[0]?.ports?.[0]?.protocol).toBe('TCP');
  });

  test.each<[object, string[]]>([
    [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }, []],
    [{ ipBlock: { cidr: 'fd00::/8', except: ['fd00:1::/32'] } }, []],
    [
      { ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] } },
      ['.ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`'],
    ],
    [
      { ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/8'] } },
      ['.ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`'],
    ],
    [
      { ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} },
      [': Forbidden: may not specify both ipBlock and another peer'],
    ],
    [{}, [': Required value: must specify a peer']],
  ])('peer %j', (peer, expected) => {
    expect(lines(make({ ingress: [{ from: [peer] }] }).faults)).toEqual(
      expected.map((line) => `spec.ingress[0].from[0]${line}`),
    );
  });
});
