import { expect, test } from 'vitest';
import { apiServerOf, apiServerVariables } from './api-server.ts';

test.each([
  ['https://192.0.2.7:6443', '192.0.2.7', '6443'],
  ['https://master.example', 'master.example', '443'],
  ['https://[2001:db8::1]:6443', '2001:db8::1', '6443'],
  ['https://127.0.0.1:6443', '10.0.0.1', '6443'],
  ['https://localhost:6443', '10.0.0.1', '6443'],
  ['https://[::1]:6443', '10.0.0.1', '6443'],
])('pods find %s', (url, host, port) => {
  expect(apiServerOf(url, '10.0.0.1')).toEqual({ host, port });
});

test('client libraries find it in variables', () => {
  expect(Object.fromEntries(apiServerVariables({ host: 'h', port: '1' }))).toEqual({
    KUBERNETES_SERVICE_HOST: 'h',
    KUBERNETES_SERVICE_PORT: '1',
    KUBERNETES_SERVICE_PORT_HTTPS: '1',
  });
  expect(apiServerVariables(undefined).size).toBe(0);
});
