import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PodSpec } from '../../api/core/pod-spec.ts';
import type { PodFacts } from './constraints/constraint.ts';
import { hostPorts } from './constraints/host-ports.ts';
import { type HostPort, HostPortBook, hostPortsOf } from './host-ports.ts';
import type { World } from './world.ts';

const port = (number: number, ip = '0.0.0.0', protocol = 'TCP'): HostPort => ({ ip, protocol, port: number });

describe('ports of a pod', () => {
  const spec = (more: Partial<PodSpec>): PodSpec => ({ containers: [], ...more });

  test('are those of all its containers', () => {
    const ports = hostPortsOf(
      spec({
        initContainers: [{ name: 'i', ports: [{ containerPort: 1, hostPort: 11, protocol: 'UDP' }] }],
        containers: [
          { name: 'a', ports: [{ containerPort: 2, hostPort: 12, hostIP: '10.0.0.1' }, { containerPort: 3 }] },
          { name: 'b' },
        ],
      }),
    );
    expect(ports).toEqual([port(11, '0.0.0.0', 'UDP'), port(12, '10.0.0.1')]);
  });

  test('are all its ports on the host network', () => {
    const containers = [{ name: 'a', ports: [{ containerPort: 80 }] }];
    expect(hostPortsOf(spec({ containers, hostNetwork: true }))).toEqual([port(80)]);
    expect(hostPortsOf(spec({ containers }))).toEqual([]);
  });
});

test.each<[HostPort, HostPort, boolean]>([
  [port(80), port(80), true],
  [port(80), port(81), false],
  [port(80), port(80, '0.0.0.0', 'UDP'), false],
  [port(80, '10.0.0.1'), port(80, '10.0.0.1'), true],
  [port(80, '10.0.0.1'), port(80, '10.0.0.2'), false],
  [port(80, '10.0.0.1'), port(80), true],
  [port(80), port(80, '10.0.0.1'), true],
])('%j taken, %j wanted: conflict %s', (taken, wanted, expected) => {
  const book = new HostPortBook();
  book.add(3, [taken]);
  expect(book.conflicts(3, [wanted])).toBe(expected);
  expect(book.conflicts(4, [wanted])).toBe(false);
});

const anyPort = fc.record({
  ip: fc.constantFrom('0.0.0.0', '10.0.0.1', '10.0.0.2'),
  protocol: fc.constantFrom('TCP', 'UDP', 'SCTP'),
  port: fc.constantFrom(80, 81),
});

test('what is removed in any order is free again, and what is left is taken', () => {
  const pods = fc.array(fc.record({ slot: fc.nat(2), ports: fc.array(anyPort, { maxLength: 3 }), order: fc.nat() }));
  fc.assert(
    fc.property(pods, fc.nat(20), anyPort, (all, kept, probe) => {
      const book = new HostPortBook();
      for (const { slot, ports } of all) book.add(slot, ports);
      const leaving = [...all].sort((a, b) => a.order - b.order).slice(kept);
      for (const { slot, ports } of leaving) book.remove(slot, ports);
      const staying = all.filter((pod) => !leaving.includes(pod));
      for (const slot of [0, 1, 2]) {
        const held = staying.filter((pod) => pod.slot === slot).flatMap(({ ports }) => ports);
        const overlaps = (a: string, b: string) => a === b || a === '0.0.0.0' || b === '0.0.0.0';
        const taken = held.some(
          (each) => each.port === probe.port && each.protocol === probe.protocol && overlaps(each.ip, probe.ip),
        );
        expect(book.conflicts(slot, [probe])).toBe(taken);
      }
    }),
  );
});

test('the constraint refuses a node while the port is taken', () => {
  const ports = new HostPortBook();
  const world = { ports } as unknown as World;
  const facts = (...wanted: HostPort[]) => ({ footprint: { ports: wanted } }) as unknown as PodFacts;
  const { admits, refusals } = hostPorts.compile(facts(port(80)), world)!.use!;
  ports.add(0, [port(80)]);
  ports.add(0, [port(80)]);
  ports.remove(0, [port(80)]);
  expect([admits(0), admits(1)]).toEqual([false, true]);
  expect(refusals(0)).toEqual(["node(s) didn't have free ports for the requested pod ports"]);
  ports.remove(0, [port(80)]);
  expect(admits(0)).toBe(true);
  expect(hostPorts.compile(facts(), world)).toBeUndefined();
  expect(hostPorts.bearing(facts(), world)).toBeUndefined();
  expect(hostPorts.bearing(facts(port(1), port(2)), world)).toBe(hostPorts.bearing(facts(port(2), port(1)), world));
});
