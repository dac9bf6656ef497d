import { expect } from 'vitest';

/** Objects and expectations that tests of the API share. */

export const NS = '/api/v1/namespaces/default';

export const configMap = (name: string, data: Record<string, string> = {}, labels: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data,
});

export const deployment = (name: string, replicas = 1) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'main', image: 'web:1' }] },
    },
  },
});

export const pod = (name: string, containers = ['main']) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: containers.map((container) => ({ name: container, image: 'web:1' })) },
});

/** A failure with this code, reason and message, whatever else it says. */
export const failure = (code: number, reason: string, message: RegExp | string): object =>
  expect.objectContaining({ kind: 'Status', status: 'Failure', code, reason, message: expect.stringMatching(message) });
