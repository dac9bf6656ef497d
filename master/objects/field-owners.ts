import { apiVersionOf, type ResourceDefinition } from '../../api/meta/definition.ts';
import {
  type ManagedFields,
  type ManagerName,
  readManagers,
  readProposal,
  sameButTimes,
  writeManagers,
} from '../../api/meta/managed-fields/managers.ts';
import { ownershipAfterUpdate } from '../../api/meta/managed-fields/ownership.ts';
import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import { timestamp } from '../../platform/clock.ts';
import { MadeFields } from './made-fields.ts';
import type { FieldManager } from './objects.ts';
import { settle } from './settle.ts';

/** Writes into objects who owns which of their fields. Owns: what fields new objects got lately. */
export class FieldOwners {
  readonly #made = new MadeFields();

  /** Gives all fields of a new object to whoever makes it. `given`: what the object itself says, believed of appliers. */
  ownNew(
    resource: ResourceDefinition,
    object: ApiObject,
    manager: FieldManager,
    given: ManagedFields | undefined,
    nowMs: number,
  ): void {
    const meta = metaOf(object);
    if (manager.settled) {
      meta.managedFields = given;
      return;
    }
    const fields = this.#made.ownableIn(resource.schema, object);
    meta.managedFields = writeManagers([{ ...updaterOf(resource, manager), time: timestamp(nowMs), fields }]);
  }

  /** Gives what changed to whoever changed it. `proposed`: what the changed object said. Changes `next`. */
  ownUpdate(
    resource: ResourceDefinition,
    next: ApiObject,
    current: ApiObject,
    proposed: ManagedFields | undefined,
    manager: FieldManager,
    nowMs: number,
  ): void {
    const known = current.metadata?.managedFields;
    next.metadata = { ...next.metadata, managedFields: manager.settled ? proposed : undefined };
    if (manager.settled) return;
    // A subresource's body says nothing of the account; what came back unchanged need not be read.
    const asked = manager.subresource || proposed === known ? undefined : readProposal(proposed);
    const owners = asked === 'forget' ? [] : asked?.length ? asked : readManagers(known);
    const change = { before: withoutAccount(current), after: next };
    const after = ownershipAfterUpdate(resource.schema, owners, change, updaterOf(resource, manager), timestamp(nowMs));
    next.metadata.managedFields = writeManagers(after);
  }
}

const updaterOf = (resource: ResourceDefinition, { name, subresource }: FieldManager): ManagerName => ({
  manager: name || 'unknown',
  operation: 'Update',
  apiVersion: apiVersionOf(resource),
  ...(subresource && { subresource }),
});

const withoutAccount = (object: ApiObject): ApiObject => ({
  ...object,
  metadata: { ...object.metadata, managedFields: undefined },
});

/** Whether a write would change nothing but when its manager is said to have last changed something. */
export function isIdle(next: ApiObject, current: ApiObject): boolean {
  const { managedFields } = metaOf(current);
  if (next.metadata?.managedFields === managedFields || !sameButTimes(next.metadata?.managedFields, managedFields)) {
    return false;
  }
  const otherwise = { ...next, metadata: { ...next.metadata, managedFields } };
  return settle(otherwise, current) === current;
}
