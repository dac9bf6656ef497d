import type { Namespace } from '../../api/core/namespace.ts';
import type { Node } from '../../api/core/node.ts';
import type { CSINode } from '../../api/storage/csi-node.ts';
import { isSameJson } from './alike.ts';
import { Cell } from './cell.ts';
import { CrashBook } from './crashes.ts';
import type { Footprint } from './footprint.ts';
import { HostPortBook } from './host-ports.ts';
import { ImageBook } from './images.ts';
import { OwnedTerms } from './owned-terms.ts';
import { Populations } from './populations.ts';
import type { Resident } from './resident.ts';
import { Topology } from './topology.ts';
import { VolumeBook } from './volumes/volume-book.ts';

/**
 * Everything that bears on placement, as columns and counts.
 *
 * Owns: the cell's columns, the residents of each slot, and the books that constraints read. Every change of what is in a slot
 * goes through `place` and `remove`, so that the books agree.
 */
export class World {
  readonly cell = new Cell();
  readonly topology = new Topology(() => this.cell.nodes());
  readonly populations = new Populations((visit) => this.#census(visit));
  readonly terms = new OwnedTerms(this.populations);
  readonly ports = new HostPortBook();
  readonly volumes = new VolumeBook();
  readonly images = new ImageBook();
  readonly crashes = new CrashBook();
  readonly #residents: Resident[][] = [];
  #namespacesVersion = 0;

  /** Changes when what bears on a pod may have, though the pod has not. */
  get bearingVersion(): number {
    return (
      this.terms.version + this.#namespacesVersion + this.images.version + this.volumes.version + this.crashes.version
    );
  }

  /** Changes when whom a selector means may have: what is counted by it is to be counted anew. */
  get namespacesVersion(): number {
    return this.#namespacesVersion;
  }

  setNode(node: Node): void {
    const name = node.metadata?.name ?? '';
    const slot = this.cell.slotOf(name);
    const before = slot === undefined ? undefined : this.cell.node(slot);
    if (!before || !isSamePlace(before, node)) this.#settle(this.cell.setNode(node), node);
  }

  removeNode(name: string): void {
    const slot = this.cell.removeNode(name);
    if (slot !== undefined) this.#settle(slot, undefined);
  }

  setCsiNode(csiNode: CSINode): void {
    this.volumes.setCsiNode(csiNode);
    this.#touch(csiNode.metadata?.name ?? '');
  }

  removeCsiNode(name: string): void {
    this.volumes.removeCsiNode(name);
    this.#touch(name);
  }

  setNamespace({ metadata }: Namespace): void {
    this.#renamed(metadata?.name ?? '', metadata?.labels ?? {});
  }

  removeNamespace(name: string): void {
    this.#renamed(name, undefined);
  }

  residents(slot: number): readonly Resident[] {
    return this.#residents[slot] ?? [];
  }

  /** Returns the slot. */
  place(nodeName: string, resident: Resident): number {
    const { footprint } = resident;
    if (footprint.pods++ === 0) this.populations.enrol(footprint);
    const slot = this.cell.occupy(nodeName, footprint.demand);
    const residents = this.#residents[slot];
    if (residents) residents.push(resident);
    else this.#residents[slot] = [resident];
    for (const term of footprint.terms) this.terms.recall(term);
    this.#book(slot, footprint, 1);
    return slot;
  }

  remove(slot: number, resident: Resident): void {
    const { footprint } = resident;
    const residents = this.#residents[slot]!;
    const last = residents.pop()!;
    if (last !== resident) residents[residents.indexOf(resident)] = last;
    this.#book(slot, footprint, -1);
    this.cell.vacate(slot, footprint.demand);
    if (--footprint.pods === 0) this.populations.retire(footprint);
  }

  /** Takes a resident out of the slot, or puts it back, for a question; must be undone before anything else is asked. */
  suppose(slot: number, { footprint }: Resident, sign: 1 | -1): void {
    this.cell.suppose(slot, footprint.demand, sign);
    this.#book(slot, footprint, sign);
  }

  #book(slot: number, footprint: Footprint, sign: 1 | -1): void {
    for (const population of footprint.populations) population.add(slot, sign);
    for (const { owners } of footprint.terms) owners.add(slot, sign);
    if (footprint.ports.length > 0) {
      if (sign > 0) this.ports.add(slot, footprint.ports);
      else this.ports.remove(slot, footprint.ports);
    }
    if (footprint.volumes) {
      if (sign > 0) this.volumes.add(slot, footprint.volumes);
      else this.volumes.remove(slot, footprint.volumes);
    }
  }

  #touch(nodeName: string): void {
    const slot = this.cell.slotOf(nodeName);
    if (slot !== undefined) this.cell.touch(slot);
  }

  #settle(slot: number, node: Node | undefined): void {
    this.topology.setNode(slot, node);
    if (node) this.images.setNode(slot, node);
    else this.images.removeNode(slot);
  }

  #renamed(name: string, labels: Readonly<Record<string, string>> | undefined): void {
    if (!this.populations.setNamespace(name, labels)) return;
    this.terms.reconsider();
    this.#namespacesVersion++;
    for (const [slot] of this.cell.nodes()) this.cell.touch(slot);
  }

  #census(visit: (footprint: Footprint, slot: number) => void): void {
    this.#residents.forEach((residents, slot) => {
      for (const { footprint } of residents) visit(footprint, slot);
    });
  }
}

/** Whether nothing that bears on placement differs; nodes report their health far more often than they change. */
function isSamePlace(a: Node, b: Node): boolean {
  return (
    a.spec?.unschedulable === b.spec?.unschedulable &&
    isSameJson(a.metadata?.labels, b.metadata?.labels) &&
    isSameJson(a.status?.allocatable, b.status?.allocatable) &&
    isSameJson(a.spec?.taints, b.spec?.taints) &&
    isSameJson(a.status?.images, b.status?.images)
  );
}
