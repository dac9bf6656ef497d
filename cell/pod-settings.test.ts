import { expect, test } from 'vitest';
import { resolveSettings } from './config.ts';
import { nameOptionsOf, podSettings } from './pod-settings.ts';

const settings = (flags: Record<string, string>) => resolveSettings(podSettings, { flags, env: {} });

test('a cell has no name servers of its own unless it is told so', () => {
  expect(nameOptionsOf(settings({}))).toEqual({ clusterDns: [], clusterDomain: 'cluster.local' });
  expect(nameOptionsOf(settings({ 'cluster-dns': '10.0.0.10, fd00::10', 'cluster-domain': 'cell.example' }))).toEqual({
    clusterDns: ['10.0.0.10', 'fd00::10'],
    clusterDomain: 'cell.example',
  });
});

test.each([
  ['cluster-dns', 'dns.example', 'holds "dns.example", which is no IP address'],
  ['cluster-domain', 'Cell Example', 'must be a domain such as cluster.local'],
])('%s takes what makes sense', (name, value, words) => {
  expect(() => settings({ [name]: value })).toThrow(words);
});
