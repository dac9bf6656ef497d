import { type Pod, specOf } from '../pod-types.ts';

interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

const ANY = '0.0.0.0';

/** Ports of the machine that the pod takes; on the machine's own network every port is one. */
function hostPortsOf(pod: Pod): HostPort[] {
  const { initContainers = [], containers, hostNetwork } = specOf(pod);
  return [...initContainers, ...containers].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, containerPort, hostIP, protocol = 'TCP' }) => {
      const port = hostPort || (hostNetwork ? containerPort : 0);
      return port ? [{ ip: hostIP || ANY, protocol, port }] : [];
    }),
  );
}

/** A port that both want, at the same address or where either wants all addresses: `8080/TCP`. */
export function portConflict(pod: Pod, others: Iterable<Pod>): string | undefined {
  const wanted = hostPortsOf(pod);
  if (wanted.length === 0) return undefined;
  for (const other of others) {
    const taken = hostPortsOf(other);
    const clash = wanted.find((one) => taken.some((two) => collide(one, two)));
    if (clash) return `${clash.port}/${clash.protocol}`;
  }
  return undefined;
}

const collide = (a: HostPort, b: HostPort): boolean =>
  a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === ANY || b.ip === ANY);
