import type { PodSpec } from '../../api/core/pod-spec.ts';

/** A port of the machine that a pod takes. */
export interface HostPort {
  /** Address it is bound to; 0.0.0.0 is all of them. */
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

const ANY_ADDRESS = '0.0.0.0';
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const NONE: readonly HostPort[] = [];

/**
 * Ports of the machine that the pod's containers ask for, init containers included: they are published for the pod as a whole. On
 * the host network every port is one of the machine.
 */
export function hostPortsOf(spec: PodSpec): readonly HostPort[] {
  let found: HostPort[] | undefined;
  for (const containers of [spec.initContainers, spec.containers]) {
    for (const { ports } of containers ?? []) {
      for (const { hostPort, containerPort, hostIP, protocol } of ports ?? []) {
        const port = hostPort || (spec.hostNetwork ? containerPort : 0);
        if (!port) continue;
        found ??= [];
        found.push({ ip: hostIP || ANY_ADDRESS, protocol: protocol || 'TCP', port });
      }
    }
  }
  return found ?? NONE;
}

/**
 * Which ports of which machines are taken.
 *
 * Owns: per slot, how many pods hold each port at each address. More than one may, when pods were bound by other hands than ours.
 */
export class HostPortBook {
  /** Slot -> port and protocol -> address -> pods. Empty maps are dropped. */
  readonly #held = new Map<number, Map<number, Map<string, number>>>();

  add(slot: number, ports: readonly HostPort[]): void {
    for (const port of ports) {
      const byPort = entry(this.#held, slot, () => new Map<number, Map<string, number>>());
      const byAddress = entry(byPort, doorOf(port), () => new Map<string, number>());
      byAddress.set(port.ip, (byAddress.get(port.ip) ?? 0) + 1);
    }
  }

  /** Undoes an `add` of the same ports. */
  remove(slot: number, ports: readonly HostPort[]): void {
    const byPort = this.#held.get(slot);
    if (!byPort) return;
    for (const port of ports) {
      const door = doorOf(port);
      const byAddress = byPort.get(door);
      const pods = byAddress?.get(port.ip);
      if (!byAddress || pods === undefined) continue;
      if (pods > 1) byAddress.set(port.ip, pods - 1);
      else byAddress.delete(port.ip);
      if (byAddress.size === 0) byPort.delete(door);
    }
    if (byPort.size === 0) this.#held.delete(slot);
  }

  /** Whether any of the ports is taken: at the same address, or where either side takes all addresses. */
  conflicts(slot: number, ports: readonly HostPort[]): boolean {
    const byPort = this.#held.get(slot);
    if (!byPort) return false;
    for (const port of ports) {
      const byAddress = byPort.get(doorOf(port));
      if (byAddress && (port.ip === ANY_ADDRESS || byAddress.has(port.ip) || byAddress.has(ANY_ADDRESS))) return true;
    }
    return false;
  }
}

/** Port and protocol in one number. */
const doorOf = ({ port, protocol }: HostPort) => port * 4 + PROTOCOLS.indexOf(protocol) + 1;

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
