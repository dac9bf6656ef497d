import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { environment, type PodFacts } from './environment.ts';
import { expand } from './expansion.ts';
import type { Container, Sources } from './pod-types.ts';

const facts: PodFacts = {
  pod: {
    metadata: {
      namespace: 'shop',
      name: 'web-1',
      uid: 'u1',
      labels: { app: 'web', tier: 'front "end"' },
      annotations: { a: 'b' },
    },
    spec: { serviceAccountName: 'robot', containers: [] },
  },
  nodeName: 'node-1',
  hostIp: '192.0.2.1',
  podIp: '10.0.0.2',
  allocatable: { cpuMilli: 4000, memoryBytes: 8 * 1024 ** 3 },
};

const sources: Sources = {
  configMap: (name) => (name === 'settings' ? { data: { COLOUR: 'red', SIZE: '3' } } : undefined),
  secret: (name) => (name === 'keys' ? { data: { TOKEN: Buffer.from('geheim').toString('base64') } } : undefined),
};

const run = (container: Partial<Container>) => environment({ name: 'app', ...container }, facts, sources);
const variables = (container: Partial<Container>) => {
  const result = run(container);
  return result.ok ? Object.fromEntries(result.variables) : result.message;
};

describe('environment', () => {
  test('says where the API server is, unless the container says otherwise', () => {
    const env = [
      { name: 'API', value: '$(KUBERNETES_SERVICE_HOST)' },
      { name: 'KUBERNETES_SERVICE_PORT', value: '1' },
    ];
    const found = environment(
      { name: 'app', env },
      { ...facts, apiServer: { host: '192.0.2.9', port: '6443' } },
      sources,
    );
    expect(found.ok && Object.fromEntries(found.variables)).toEqual({
      KUBERNETES_SERVICE_HOST: '192.0.2.9',
      KUBERNETES_SERVICE_PORT: '1',
      KUBERNETES_SERVICE_PORT_HTTPS: '6443',
      API: '192.0.2.9',
    });
  });

  test('all keys of a config map and a secret, with a prefix; env wins', () => {
    const envFrom = [{ configMapRef: { name: 'settings' }, prefix: 'S_' }, { secretRef: { name: 'keys' } }];
    expect(variables({ envFrom, env: [{ name: 'S_SIZE', value: '4' }] })).toEqual({
      S_COLOUR: 'red',
      S_SIZE: '4',
      TOKEN: 'geheim',
    });
  });

  test('single keys', () => {
    const env = [
      { name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'COLOUR' } } },
      { name: 'B', valueFrom: { secretKeyRef: { name: 'keys', key: 'TOKEN' } } },
    ];
    expect(variables({ env })).toEqual({ A: 'red', B: 'geheim' });
  });

  test('what is missing is named, with what there is', () => {
    expect(variables({ envFrom: [{ configMapRef: { name: 'nope' } }] })).toBe('configmap "nope" not found');
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'WEIGHT' } } }];
    expect(variables({ env })).toBe('couldn\'t find key "WEIGHT" in configmap "settings": it has COLOUR, SIZE');
  });

  test('what is optional may be missing', () => {
    const env = [
      { name: 'A', valueFrom: { configMapKeyRef: { name: 'nope', key: 'K', optional: true } } },
      { name: 'B', valueFrom: { secretKeyRef: { name: 'keys', key: 'K', optional: true } } },
      { name: 'C', value: '$(A)!' },
    ];
    const envFrom = [{ secretRef: { name: 'nope', optional: true } }];
    expect(variables({ envFrom, env })).toEqual({ C: '$(A)!' });
  });

  test('fields of the pod', () => {
    const fields = ['metadata.name', 'metadata.namespace', 'metadata.uid', "metadata.labels['app']", 'spec.nodeName'];
    const more = ['spec.serviceAccountName', 'status.hostIP', 'status.podIP', "metadata.annotations['a']"];
    const env = [...fields, ...more].map((fieldPath) => ({ name: fieldPath, valueFrom: { fieldRef: { fieldPath } } }));
    const values = ['web-1', 'shop', 'u1', 'web', 'node-1', 'robot', '192.0.2.1', '10.0.0.2', 'b'];
    expect(Object.values(variables({ env }))).toEqual(values);
    expect(variables({ env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } }] })).toEqual({
      X: 'app="web"\ntier="front \\"end\\""',
    });
    expect(variables({ env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath: 'spec.mood' } } }] })).toContain(
      '"spec.mood" is not offered',
    );
  });

  test('resources, divided and rounded up; the machine stands in for a limit that is not set', () => {
    const resources = { limits: { memory: '100Mi' }, requests: { cpu: '250m' } };
    const ask = (resource: string, divisor?: string) => ({
      name: `${resource}/${divisor}`,
      valueFrom: { resourceFieldRef: { resource, divisor } },
    });
    const env = [
      ask('limits.memory', '1Mi'),
      ask('requests.cpu'),
      ask('requests.cpu', '1m'),
      ask('limits.cpu'),
      ask('requests.memory'),
    ];
    expect(Object.values(variables({ resources, env }))).toEqual(['100', '1', '250', '4', '104857600']);
  });

  test('a value refers to what stands before it', () => {
    const env = [
      { name: 'A', value: 'x' },
      { name: 'B', value: '$(A)$(LATER)$$(A)' },
      { name: 'LATER', value: 'y' },
    ];
    expect(variables({ env })).toEqual({ A: 'x', B: 'x$(LATER)$(A)', LATER: 'y' });
  });
});

describe('expansion', () => {
  test('text without a dollar sign stays as it is', () => {
    const text = fc.string().filter((one) => !one.includes('$'));
    fc.assert(
      fc.property(text, (one) => {
        expect(expand(one, new Map([['A', 'x']]))).toBe(one);
      }),
    );
  });

  test('any text can be written so that it comes out as it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(expand(text.replaceAll('$', '$$$$'), new Map([['A', 'x']]))).toBe(text);
      }),
    );
  });

  test('values are not expanded again', () => {
    expect(
      expand(
        '$(A)',
        new Map([
          ['A', '$(B)'],
          ['B', 'x'],
        ]),
      ),
    ).toBe('$(B)');
  });
});
