import { formatIpv4Range, type Ipv4Range, parseIpv4Range, rangesOverlap, sizeOfRange } from '../api/networking/ipv4.ts';
import { NETWORK_MODES, type NetworkSettings, type PortRange } from '../master/network-settings.ts';
import { BadValue, choice, type Setting, type Values, wholeNumber } from './config.ts';
import { Trouble } from './trouble.ts';

/** The network of a cell: what addresses there are, and who gets them. */

function rangeIn(value: string): Ipv4Range {
  const range = parseIpv4Range(value.trim());
  if (range) return range;
  throw new BadValue(
    `holds "${value}", which is no range of IPv4 addresses such as 10.0.0.0/16 (its last bits must be 0)`,
  );
}

const range = (name: string, description: string, fallback: string): Setting<Ipv4Range> => ({
  name,
  placeholder: 'range',
  description: `${description} (default: ${fallback})`,
  fallback: rangeIn(fallback),
  read: rangeIn,
});

const MOST_PORT = 65_535;

const nodePortRange: Setting<PortRange> = {
  name: 'node-port-range',
  placeholder: 'ports',
  description: 'ports of every machine that services may have (default: 30000-32767)',
  fallback: { first: 30_000, last: 32_767 },
  read: (value) => {
    const [, first, last] = /^(\d{1,5})-(\d{1,5})$/.exec(value)?.map(Number) ?? [];
    if (first === undefined || last === undefined || first < 1 || last < first || last > MOST_PORT)
      throw new BadValue(`must be two ports of 1 to ${MOST_PORT}, the smaller one first, such as 30000-32767`);
    return { first, last };
  },
};

const loadBalancerPool: Setting<readonly Ipv4Range[]> = {
  name: 'load-balancer-pool',
  placeholder: 'ranges',
  description: 'addresses for services of type LoadBalancer, separated by commas (default: none are given)',
  fallback: [],
  read: (value) => value.split(',').map(rangeIn),
};

export const networkSettings = {
  network: choice({
    name: 'network',
    placeholder: 'kind',
    description:
      "vxlan, host-gw, or docker: pods have the engine's network, reach one machine, and there are no services",
    fallback: 'docker',
    values: ['docker', ...NETWORK_MODES],
  }),
  podCidr: range('pod-cidr', 'addresses of pods', '10.128.0.0/12'),
  nodeCidrBits: wholeNumber<number>({
    name: 'node-cidr-bits',
    placeholder: 'bits',
    description: 'length of the prefix of the part of --pod-cidr that each node gets (default: 24)',
    fallback: 24,
    least: 20,
    most: 28,
  }),
  serviceCidr: range('service-cidr', 'addresses of services', '10.144.0.0/16'),
  nodePorts: nodePortRange,
  loadBalancerPool,
};

const MOST_BITS_OF_SERVICES = 28;

/** Throws `Trouble` where the settings contradict each other. Undefined: the cell has no network of its own. */
export function networkOf(values: Values<typeof networkSettings>): NetworkSettings | undefined {
  const { network: mode, podCidr, nodeCidrBits, serviceCidr, nodePorts, loadBalancerPool: pool } = values;
  if (mode === 'docker') return undefined;
  if (podCidr.bits > nodeCidrBits)
    throw new Trouble(
      `--pod-cidr ${formatIpv4Range(podCidr)} has no room for a node's /${nodeCidrBits}: widen it to /${nodeCidrBits} or more, or make --node-cidr-bits larger`,
      2,
    );
  if (serviceCidr.bits > MOST_BITS_OF_SERVICES)
    throw new Trouble(
      `--service-cidr ${formatIpv4Range(serviceCidr)} has ${sizeOfRange(serviceCidr)} addresses: at least a /${MOST_BITS_OF_SERVICES} is needed`,
      2,
    );
  refuseOverlaps([
    ['--pod-cidr', podCidr],
    ['--service-cidr', serviceCidr],
    ...pool.map((each): [string, Ipv4Range] => ['--load-balancer-pool', each]),
  ]);
  return { mode, podCidr, nodeCidrBits, serviceCidr, nodePorts, loadBalancerPool: pool };
}

function refuseOverlaps(ranges: readonly [flag: string, range: Ipv4Range][]): void {
  ranges.forEach(([flag, one], index) => {
    for (const [otherFlag, other] of ranges.slice(index + 1)) {
      if (!rangesOverlap(one, other)) continue;
      throw new Trouble(
        `${flag} ${formatIpv4Range(one)} and ${otherFlag} ${formatIpv4Range(other)} have addresses in common: choose ranges that have none`,
        2,
      );
    }
  });
}
