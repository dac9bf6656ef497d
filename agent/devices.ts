import { amountOf } from '../api/core/amount.ts';
import type { Amounts } from './node-options.ts';
import type { Container } from './pod-types.ts';
import type { ContainerSpec } from './runtime.ts';

/**
 * Extended resources that the engine gives as devices, and the engine's driver for each. All others are counted only. No device plugin
 * tells what there is: the node's `--extended-resources` does, and its devices are those with the ids 0, 1, ...
 */
const DRIVERS: ReadonlyMap<string, string> = new Map([['nvidia.com/gpu', 'nvidia']]);

/** Label of a container that has devices: `nvidia.com/gpu=0,1`. */
export const DEVICES_LABEL = 'stowage.dev/devices';

export interface DeviceParts {
  /** Values of {@link DEVICES_LABEL} of containers that have not ended. */
  readonly inUse: () => Iterable<string>;
  readonly capacity: Amounts;
}

type Given =
  | { readonly ok: true; readonly spec: ContainerSpec; readonly release: () => void }
  | { readonly ok: false; readonly message: string };

/**
 * Chooses devices for containers, each for one container at a time. Owns what it has chosen for containers that are being made: from then
 * on their labels tell.
 */
export class Devices {
  private readonly parts: DeviceParts;
  private readonly underWay = new Set<string>();

  constructor(parts: DeviceParts) {
    this.parts = parts;
  }

  /** The spec with the devices that the container asks for. `release` is to be called once it is made, or not. */
  give(spec: ContainerSpec, container: Container): Given {
    for (const [resource, driver] of DRIVERS) {
      const count = Number(amountOf(container.resources?.limits, resource) ?? 0);
      if (count > 0) return this.choose(spec, container.name, resource, driver, count);
    }
    return { ok: true, spec, release: () => {} };
  }

  private choose(spec: ContainerSpec, name: string, resource: string, driver: string, count: number): Given {
    const taken = new Set(
      [...this.parts.inUse(), ...this.underWay].filter((label) => label.startsWith(`${resource}=`)).flatMap(idsIn),
    );
    const all = Array.from({ length: this.parts.capacity[resource] ?? 0 }, (_, index) => String(index));
    const ids = all.filter((id) => !taken.has(id)).slice(0, count);
    if (ids.length < count) {
      const message = `container "${name}" needs ${count} of ${resource}, but of the node's ${all.length} only ${ids.length} are free`;
      return { ok: false, message };
    }
    const label = `${resource}=${ids.join(',')}`;
    this.underWay.add(label);
    const given = { ...spec, labels: { ...spec.labels, [DEVICES_LABEL]: label }, devices: { driver, ids } };
    return { ok: true, spec: given, release: () => this.underWay.delete(label) };
  }
}

const idsIn = (label: string): string[] => label.slice(label.indexOf('=') + 1).split(',');
