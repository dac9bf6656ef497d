import { readFileSync } from 'node:fs';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * The address at which other machines most likely reach this one: that of the interface with the default route, as kube-apiserver's
 * `--advertise-address` has it, else any that is not loopback. Undefined where there is none.
 */
export function hostAddress(interfaces: Interfaces = networkInterfaces(), routes = routeTable()): string | undefined {
  const usable = (all: readonly NetworkInterfaceInfo[] = []) =>
    all.filter(({ internal, family }) => !internal && family === 'IPv4');
  const preferred = usable(interfaces[defaultInterface(routes) ?? '']);
  return [...preferred, ...Object.values(interfaces).flatMap(usable)][0]?.address;
}

/** Name of the interface that `/proc/net/route` has for destination 0.0.0.0. */
export function defaultInterface(routes: string): string | undefined {
  const rows = routes.split('\n').map((line) => line.split('\t'));
  return rows.find(([, destination, , , , , , mask]) => destination === '00000000' && mask === '00000000')?.[0];
}

function routeTable(): string {
  try {
    return readFileSync('/proc/net/route', 'utf8');
  } catch {
    return '';
  }
}
