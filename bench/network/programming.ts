import { spawnSync } from 'node:child_process';
import { placeOf } from '../../agent/network/place.ts';
import { RuleTable } from '../../agent/network/rule-table.ts';
import { serviceKeys, serviceSource } from '../../agent/network/service-source.ts';
import { NetworkState } from '../../agent/network/state.ts';
import { formatIpv4, parseIpv4Range } from '../../api/networking/ipv4.ts';
import type { NetworkService, NetworkSlice } from '../../proto/network.ts';
import { Switch } from '../../test/network/switch.ts';
import { atMost, type Figure, median } from '../report.ts';

const SERVICES = 1_000;
const ENDPOINTS = 20;
const CHANGES = 21;
const ROUNDS = 5;
const RANGES = { mode: 'vxlan', podCidr: '10.128.0.0/12', serviceCidr: '10.144.0.0/16' };
const range = (text: string) => parseIpv4Range(text)!;
const PLACE = {
  ...{ place: placeOf('benchbench'), nodeName: 'here', pods: range(RANGES.podCidr) },
  ...{ ownPods: range('10.128.0.0/24'), services: range(RANGES.serviceCidr) },
};
const ports = (port: number) => [{ name: 'http', protocol: 'TCP' as const, port }];

const service = (at: number): NetworkService => ({
  ...{ namespace: 'bench', name: `s${at}`, clusterIp: formatIpv4(PLACE.services.base + 10 + at), ports: ports(80) },
});
const slice = (at: number, count: number): NetworkSlice => ({
  ...{ namespace: 'bench', service: `s${at}`, ports: ports(8080) },
  endpoints: Array.from({ length: count }, (_, of) => ({ address: formatIpv4(PLACE.pods.base + 2 + at * 32 + of) })),
});
const put = (kind: string, key: string, object: object) => ({ kind, key, json: JSON.stringify(object) });

/** From the master's word to the kernel's rules: all at once, and one endpoint more. */
export function programming(): Figure[] {
  const hosts = Switch.make();
  try {
    const { enter } = hosts.plug('bench');
    const state = new NetworkState();
    const table = new RuleTable([serviceSource(state)]);
    const apply = (): number => {
      const startedMs = performance.now();
      const next = table.next(PLACE)!;
      const [program = '', ...args] = [...enter, 'nft', '-f', '-'];
      const { status, stderr } = spawnSync(program, args, { input: next.text, encoding: 'utf8' });
      if (status !== 0) throw new Error(`nft failed: ${stderr}`);
      next.done();
      return performance.now() - startedMs;
    };
    const objects = Array.from({ length: SERVICES }, (_, at) => [
      put('service', `bench/s${at}`, service(at)),
      put('slice', `bench/s${at}`, slice(at, ENDPOINTS)),
    ]).flat();
    state.restore({ settingsJson: JSON.stringify(RANGES), objects });
    const whole = Array.from({ length: ROUNDS }, () => {
      table.reset();
      return apply();
    });
    const changes = Array.from({ length: CHANGES }, (_, at) => {
      const upserts = [put('slice', `bench/s${at}`, slice(at, ENDPOINTS + 1))];
      const change = state.take({ complete: false, more: false, settingsJson: '', upserts, removals: [] });
      table.changed(serviceKeys(change?.services ?? []));
      return apply();
    });
    const size = `${SERVICES} services of ${ENDPOINTS} endpoints`;
    return [
      atMost(`${size} in the kernel`, median(whole), 'ms', 2_000),
      atMost(`one endpoint more, beside ${size}`, median(changes), 'ms', 100),
    ];
  } finally {
    hosts.destroy();
  }
}
