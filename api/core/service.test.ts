import { describe, expect, test } from 'vitest';
import { validateMetadata } from '../meta/validation.ts';
import { created, lines, printed } from '../sample.suite.ts';
import { services } from './service.ts';

const http = { port: 80 };
const make = (spec: object = {}, name = 'web') =>
  created(services, { metadata: { name, namespace: 'default' }, spec: { ports: [http], ...spec } });
const faults = (spec: object) => lines(make(spec).faults);
/** The object after an update through the main resource, and the faults of the change. */
function updated(before: object, after: object) {
  const previous = make(before).object;
  const next = created(services, { metadata: { name: 'web', namespace: 'default' } }).object;
  next.spec = { ports: [http], ...after };
  services.prepareForUpdate?.(next, previous);
  services.setDefaults(next);
  return {
    spec: next.spec,
    faults: lines([...services.validate(next), ...(services.validateUpdate?.(next, previous) ?? [])]),
  };
}

describe('defaults', () => {
  test('a service that says little', () => {
    expect(make().object).toMatchObject({
      spec: {
        type: 'ClusterIP',
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
        ipFamilyPolicy: 'SingleStack',
        ipFamilies: ['IPv4'],
        ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      },
      status: { loadBalancer: {} },
    });
    expect(make().object.spec).not.toHaveProperty('clusterIP');
  });

  test('an address is kept as given, in both places', () => {
    expect(make({ clusterIP: '10.0.0.9' }).object.spec).toMatchObject({
      clusterIPs: ['10.0.0.9'],
      ipFamilies: ['IPv4'],
    });
    expect(make({ clusterIP: 'fd00::9' }).object.spec?.ipFamilies).toEqual(['IPv6']);
  });

  test('by type', () => {
    expect(make({ type: 'LoadBalancer' }).object.spec).toMatchObject({
      externalTrafficPolicy: 'Cluster',
      allocateLoadBalancerNodePorts: true,
    });
    const { spec } = make({ type: 'ExternalName', externalName: 'example.org' }).object;
    expect(spec).not.toHaveProperty('ipFamilies');
    expect(spec).not.toHaveProperty('internalTrafficPolicy');
  });

  test('affinity by client lasts three hours', () => {
    expect(make({ sessionAffinity: 'ClientIP' }).object.spec?.sessionAffinityConfig).toEqual({
      clientIP: { timeoutSeconds: 10_800 },
    });
  });
});

describe('faults', () => {
  test.each<[string, object, string]>([
    ['no ports', { ports: [] }, 'spec.ports: Required value'],
    [
      'no number',
      { ports: [{ targetPort: 80 }] },
      'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
    ],
    [
      'port',
      { ports: [{ port: 70_000, targetPort: 1 }] },
      'spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    [
      'target port by name',
      { ports: [{ port: 80, targetPort: 'a--b' }] },
      'spec.ports[0].targetPort: Invalid value: "a--b": must not contain consecutive hyphens',
    ],
    [
      'one of several without a name',
      { ports: [http, { port: 443, name: 'tls' }] },
      'spec.ports[0].name: Required value',
    ],
    [
      'name twice',
      {
        ports: [
          { port: 80, name: 'a' },
          { port: 443, name: 'a' },
        ],
      },
      'spec.ports[1].name: Duplicate value: "a"',
    ],
    [
      'port twice',
      {
        ports: [
          { port: 80, name: 'a' },
          { port: 80, name: 'b' },
        ],
      },
      'spec.ports[1]: Duplicate value: {"port":80,"protocol":"TCP"}',
    ],
    [
      'node port of a ClusterIP service',
      { ports: [{ port: 80, nodePort: 30_000 }] },
      "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
    ],
    [
      'node port twice',
      {
        type: 'NodePort',
        ports: [
          { port: 1, name: 'a', nodePort: 9 },
          { port: 2, name: 'b', nodePort: 9 },
        ],
      },
      'spec.ports[1].nodePort: Duplicate value: 9',
    ],
    ['selector', { selector: { 'a b': 'c' } }, 'spec.selector: Invalid value: "a b": name part must consist of'],
    ['address', { clusterIP: '10.0.0' }, 'spec.clusterIPs[0]: Invalid value: "10.0.0": must be a valid IP address'],
    [
      'two addresses at odds',
      { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.2'] },
      'spec.clusterIPs: Invalid value: ["10.0.0.2"]: first value must match `clusterIP`',
    ],
    [
      'family',
      { clusterIP: '10.0.0.1', ipFamilies: ['IPv6'] },
      'spec.clusterIPs[0]: Invalid value: "10.0.0.1": expected an IPv6 value as indicated by `ipFamilies`',
    ],
    [
      'headless NodePort',
      { type: 'NodePort', clusterIP: 'None' },
      'spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services',
    ],
    ['ExternalName without a name', { type: 'ExternalName' }, 'spec.externalName: Required value'],
    [
      'ExternalName with an address',
      { type: 'ExternalName', externalName: 'a.example.', clusterIP: '10.0.0.1' },
      'spec.clusterIP: Forbidden: may not be set for ExternalName services',
    ],
    [
      'affinity',
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } },
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be between 1 and 86400, inclusive',
    ],
    [
      'affinity that is off',
      { sessionAffinityConfig: { clientIP: {} } },
      'spec.sessionAffinityConfig: Forbidden: must not be set when session affinity is None',
    ],
    [
      'policy from outside',
      { externalTrafficPolicy: 'Local' },
      'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
    ],
    [
      'range',
      { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/33'] },
      'spec.loadBalancerSourceRanges[0]: Invalid value: "10.0.0.0/33": must be a valid CIDR value',
    ],
    [
      'class of no load balancer',
      { loadBalancerClass: 'a/b' },
      "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
    ],
    ['type', { type: 'Magic' }, 'spec.type: Unsupported value: "Magic"'],
  ])('%s', (_, spec, expected) => {
    expect(faults(spec)[0]).toContain(expected);
    expect(faults(spec)).toHaveLength(1);
  });

  test('headless services and aliases need no ports', () => {
    expect(faults({ ports: [], clusterIP: 'None' })).toEqual([]);
    expect(faults({ ports: [], type: 'ExternalName', externalName: 'db.example.org' })).toEqual([]);
  });

  test('one number serves two protocols', () => {
    expect(
      faults({
        ports: [
          { port: 53, name: 'a' },
          { port: 53, name: 'b', protocol: 'UDP' },
        ],
      }),
    ).toEqual([]);
  });

  test.each([
    ['web-1', 0],
    ['1-web', 1],
    ['web.shop', 1],
    ['web-', 1],
  ])('the name %s is a DNS-1035 label: %i faults', (name, count) => {
    expect(validateMetadata(services, make({}, name).object)).toHaveLength(count);
  });
});

describe('changes', () => {
  test('an address stays, whether named again or not', () => {
    expect(updated({ clusterIP: '10.0.0.1' }, {})).toMatchObject({
      spec: { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'] },
      faults: [],
    });
    expect(updated({ clusterIP: '10.0.0.1' }, { clusterIP: '10.0.0.2' }).faults).toEqual([
      'spec.clusterIPs[0]: Invalid value: "10.0.0.2": may not change once set',
    ]);
    expect(updated({}, { clusterIP: '10.0.0.2' }).faults).toEqual([]);
  });

  test('fields of the old type go with it', () => {
    const before = make({ type: 'NodePort', ports: [{ port: 80, nodePort: 30_001 }], clusterIP: '10.0.0.1' }).object
      .spec;
    const plain = updated(before ?? {}, { ...structuredClone(before), type: 'ClusterIP' });
    expect(plain.faults).toEqual([]);
    expect(plain.spec).not.toHaveProperty('externalTrafficPolicy');
    expect(plain.spec.ports).toEqual([{ port: 80, protocol: 'TCP', targetPort: 80 }]);
    const alias = updated(before ?? {}, { ...structuredClone(before), type: 'ExternalName', externalName: 'a.b' });
    expect(alias.faults).toEqual([]);
    expect(alias.spec).not.toHaveProperty('clusterIP');
  });
});

describe('columns', () => {
  const show = (spec: object, status: object = {}) => {
    const { object } = make(spec);
    object.status = status;
    return printed(services, object, 0);
  };

  test.each<[object, object, object]>([
    [
      {},
      {},
      { Type: 'ClusterIP', 'Cluster-IP': '<none>', 'External-IP': '<none>', 'Port(s)': '80/TCP', Selector: '<none>' },
    ],
    [{ clusterIP: 'None', ports: [] }, {}, { 'Cluster-IP': 'None', 'Port(s)': '<none>' }],
    [
      {
        type: 'NodePort',
        selector: { app: 'web' },
        ports: [
          { port: 80, nodePort: 30_080 },
          { port: 53, protocol: 'UDP' },
        ],
      },
      {},
      { Type: 'NodePort', 'Port(s)': '80:30080/TCP,53/UDP', Selector: 'app=web' },
    ],
    [{ type: 'ExternalName', externalName: 'a.b', ports: [] }, {}, { 'Cluster-IP': '<none>', 'External-IP': 'a.b' }],
    [{ type: 'LoadBalancer' }, {}, { 'External-IP': '<pending>' }],
    [
      { type: 'LoadBalancer', externalIPs: ['1.2.3.4'] },
      { loadBalancer: { ingress: [{ ip: '5.6.7.8' }, { hostname: 'lb.example' }] } },
      { 'External-IP': '5.6.7.8,lb.example,1.2.3.4' },
    ],
  ])('%j', (spec, status, expected) => {
    expect(show(spec, status)).toMatchObject(expected);
  });
});

test('whoever makes one is told that nothing is routed to it', () => {
  expect(services.warnings?.(make().object)).toEqual([expect.stringMatching(/does not route traffic to them/)]);
});
