import { expect, test } from 'vitest';
import { defaultInterface, hostAddress } from './host-address.ts';

const ROUTES = [
  'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
  'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
  'eth1\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
].join('\n');

const at = (address: string, internal = false) => [{ address, internal, family: 'IPv4' } as never];

test('the interface with the default route goes before all others, and loopback does not count', () => {
  const interfaces = { lo: at('127.0.0.1', true), docker0: at('172.17.0.1'), eth1: at('192.168.1.7') };
  expect(defaultInterface(ROUTES)).toBe('eth1');
  expect(hostAddress(interfaces, ROUTES)).toBe('192.168.1.7');
  expect(hostAddress(interfaces, '')).toBe('172.17.0.1');
  expect(hostAddress({ lo: at('127.0.0.1', true) }, ROUTES)).toBeUndefined();
});
