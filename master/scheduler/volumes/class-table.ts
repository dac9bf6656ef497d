import { NO_PROVISIONER, type StorageClass } from '../../../api/storage/storage-class.ts';
import { nodeSelectorAdmits } from '../constraints/node-affinity.ts';
import type { Provision } from './volume-resolution.ts';

/** A storage class as the scheduler knows it. */
export interface KnownClass {
  /** Claims are bound where their pod will run. */
  readonly waits: boolean;
  /** Nothing when its volumes are made by people. */
  readonly driver: string | undefined;
  readonly provision: Provision | undefined;
}

/**
 * The storage classes of the cell.
 *
 * Owns: what was made of each class when it was last told of.
 */
export class ClassTable {
  readonly #classes = new Map<string, KnownClass>();

  get(name: string): KnownClass | undefined {
    return this.#classes.get(name);
  }

  set(storageClass: StorageClass): void {
    const { metadata, provisioner, volumeBindingMode } = storageClass;
    const driver = provisioner && provisioner !== NO_PROVISIONER ? provisioner : undefined;
    this.#classes.set(metadata?.name ?? '', {
      waits: volumeBindingMode === 'WaitForFirstConsumer',
      driver,
      provision: driver === undefined ? undefined : provisionOf(storageClass),
    });
  }

  remove(name: string): void {
    this.#classes.delete(name);
  }
}

/** No term at all means anywhere; a term that says nothing means nowhere. */
function provisionOf({ allowedTopologies = [] }: StorageClass): Provision {
  if (allowedTopologies.length === 0) return { key: 'anywhere', admits: () => true };
  const nodeSelectorTerms = allowedTopologies.map(({ matchLabelExpressions = [] }) => ({
    matchExpressions: matchLabelExpressions.map(({ key, values }) => ({ key, operator: 'In' as const, values })),
  }));
  return { key: JSON.stringify(nodeSelectorTerms), admits: nodeSelectorAdmits({ nodeSelectorTerms }) };
}
