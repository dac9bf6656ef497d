import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { silentLogger } from '../../platform/log.ts';
import { eventually } from '../../test/eventually.ts';
import { bookOf, object } from '../name-server/cell.fixture.ts';
import { HealthPorts } from './health-ports.ts';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('a load balancer hears whether there are endpoints here, and nothing where the service is gone', async () => {
  const healthPort = await freePort();
  const endpoints = [
    { address: '10.128.0.2', node: 'here' },
    { address: '10.128.0.3', node: 'there' },
  ];
  const { state } = bookOf({
    services: [{ namespace: 'team', name: 'web', ports: [], healthPort }],
    slices: [{ namespace: 'team', service: 'web', ports: [], endpoints }],
  });
  const ports = new HealthPorts({ nodeName: 'here', state, log: silentLogger });
  const ask = async () => (await fetch(`http://127.0.0.1:${healthPort}/healthz`)).status;
  const take = (upserts: ReturnType<typeof object>[], removals: { kind: string; key: string }[]) =>
    ports.changed(state.take({ complete: false, more: false, settingsJson: '', upserts, removals })?.services ?? []);
  try {
    ports.allChanged();
    await eventually('an answer', async () => (await ask()) === 200, 5_000);
    const away = { namespace: 'team', service: 'web', ports: [], endpoints: endpoints.slice(1) };
    take([object('slice', 'team/web-0', away)], []);
    expect(await ask()).toBe(503);
    take([], [{ kind: 'service', key: 'team/web' }]);
    await eventually(
      'nobody to listen',
      () =>
        ask().then(
          () => false,
          () => true,
        ),
      5_000,
    );
  } finally {
    ports.stop();
  }
});
