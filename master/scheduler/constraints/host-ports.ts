import type { Constraint } from './constraint.ts';

/** A port of a machine is given to one pod (Kubernetes docs, "Configuration Best Practices", hostPort). */
export const hostPorts: Constraint = {
  name: 'host-ports',
  bearing({ footprint: { ports } }) {
    if (ports.length === 0) return undefined;
    return ports
      .map(({ ip, protocol, port }) => `${ip}/${protocol}/${port}`)
      .sort()
      .join();
  },
  compile({ footprint: { ports } }, { ports: book }) {
    if (ports.length === 0) return undefined;
    return {
      use: {
        admits: (slot) => !book.conflicts(slot, ports),
        refusals: (slot) =>
          book.conflicts(slot, ports) ? ["node(s) didn't have free ports for the requested pod ports"] : [],
      },
    };
  },
};
