import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { capacityOf, quantities } from './capacity.ts';
import { type Machine, readHugePages } from './machine.ts';
import { DEFAULT_NODE_OPTIONS } from './node-options.ts';
import { readSignals } from './pressure/signals.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

test('pages that are set aside are a resource of their own, taken out of the memory', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'stowage-test-pages-'));
  try {
    for (const [size, pages] of [
      ['hugepages-2048kB', 8],
      ['hugepages-1048576kB', 1],
      ['hugepages-64kB', 0],
    ] as const) {
      mkdirSync(join(dir, size));
      writeFileSync(join(dir, size, 'nr_hugepages'), `${pages}\n`);
    }
    const hugePages = await readHugePages(dir);
    expect(hugePages).toEqual({ 'hugepages-2Mi': 16 * MIB, 'hugepages-1Gi': GIB });
    const machine = { cpuMilli: 2000, memoryBytes: 4 * GIB, diskBytes: 10 * GIB, hugePages } as unknown as Machine;
    const options = { ...DEFAULT_NODE_OPTIONS, evictionHard: [], extendedResources: { 'nvidia.com/gpu': 2 } };
    const { capacity, allocatable } = capacityOf(machine, options);
    expect(quantities(capacity)).toMatchObject({ memory: '4Gi', 'hugepages-1Gi': '1Gi', 'nvidia.com/gpu': '2' });
    expect(quantities(allocatable)).toMatchObject({ memory: '3056Mi', 'hugepages-2Mi': '16Mi', pods: '110' });
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('more than there is cannot be kept back', () => {
  const machine = { cpuMilli: 2000, memoryBytes: GIB, diskBytes: GIB } as unknown as Machine;
  const { allocatable } = capacityOf(machine, {
    ...DEFAULT_NODE_OPTIONS,
    systemReserved: { cpu: 9000, memory: 2 * GIB },
  });
  expect(allocatable).toMatchObject({ cpu: 0, memory: 0 });
});

test('signals are read from the kernel; what cannot be seen is absent', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'stowage-test-signals-'));
  try {
    mkdirSync(join(dir, 'sys', 'kernel'), { recursive: true });
    writeFileSync(join(dir, 'meminfo'), 'MemTotal:  1000 kB\nMemFree:  100 kB\nInactive(file):  50 kB\n');
    writeFileSync(join(dir, 'loadavg'), '0.1 0.2 0.3 2/150 4711\n');
    writeFileSync(join(dir, 'sys', 'kernel', 'pid_max'), '32768\n');
    writeFileSync(join(dir, 'sys', 'kernel', 'threads-max'), '1000\n');
    const found = await readSignals({ dataDir: dir, imageDir: join(dir, 'absent'), proc: dir });
    expect(found.get('memory.available')).toEqual({ available: 150 * 1024, capacity: 1000 * 1024 });
    expect(found.get('pid.available')).toEqual({ available: 850, capacity: 1000 });
    expect(found.get('nodefs.available')?.capacity).toBeGreaterThan(0);
    expect(found.has('imagefs.available')).toBe(false);
    const remote = await readSignals({ dataDir: dir, imageDir: undefined, remote: true, proc: dir });
    expect([...remote.keys()].every((signal) => signal.startsWith('nodefs.'))).toBe(true);
    expect(await readSignals({ dataDir: join(dir, 'absent'), imageDir: undefined, proc: join(dir, 'absent') })).toEqual(
      new Map(),
    );
  } finally {
    rmSync(dir, { recursive: true });
  }
});
