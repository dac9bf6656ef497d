import type { Node } from '../../../api/core/node.ts';
import type { PersistentVolume } from '../../../api/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '../../../api/core/persistent-volume-claim.ts';
import type { CSINode } from '../../../api/storage/csi-node.ts';
import type { StorageClass } from '../../../api/storage/storage-class.ts';
import { UNBOUND } from './claim-fault.ts';
import { VolumeCatalog } from './volume-catalog.ts';
import { type PodWithVolumes, type VolumeNeeds, volumeNeedsOf } from './volume-needs.ts';
import {
  type Attachment,
  type ClaimState,
  chooseVolumes,
  type FindVolume,
  faulty,
  keyOf,
  type ResolvedVolumes,
  type UnboundClaim,
  type VolumeChoice,
} from './volume-resolution.ts';
import { VolumeUses } from './volume-uses.ts';

/**
 * Everything about volumes that bears on placement (Kubernetes docs, "Persistent Volumes", "Storage Classes").
 *
 * Owns: what there is in storage, which pods use what, and how many volumes each node can attach. Methods that take news return
 * the claims (`namespace/name`) whose pods may now be placed where they could not be before.
 */
export class VolumeBook {
  readonly #catalog = new VolumeCatalog();
  readonly #uses = new VolumeUses();
  /** Node -> driver -> most volumes. */
  readonly #limits = new Map<string, ReadonlyMap<string, number>>();
  readonly #driverOf = (claim: string): string | undefined => this.#catalog.driver(claim);
  readonly #find: FindVolume = (claim, node, except) => this.#catalog.find(claim, node, except);
  /** Claims that came into use or went out of it, and whoever else uses them has not heard. */
  readonly #stirred = new Set<string>();
  #toggles = 0;

  /** Changes when the volumes of some pod may mean something else than before. */
  get version(): number {
    this.#hearOfUse();
    return this.#catalog.version + this.#toggles;
  }

  /** Claims whose coming into use, or going out of it, means that other pods with them may be placed where they could not be. */
  takeStirred(): readonly string[] {
    this.#hearOfUse();
    const stirred = [...this.#stirred];
    this.#stirred.clear();
    return stirred;
  }

  /** What of a pod's volumes bears on placement; nothing for most pods. Depends on the pod alone. */
  needsOf(pod: PodWithVolumes): VolumeNeeds | undefined {
    return volumeNeedsOf(pod);
  }

  setClaim(claim: PersistentVolumeClaim): readonly string[] {
    return this.#heard(this.#catalog.setClaim(claim));
  }

  removeClaim(namespace: string, name: string): readonly string[] {
    return this.#heard(this.#catalog.removeClaim(namespace, name));
  }

  setVolume(volume: PersistentVolume): readonly string[] {
    return this.#heard(this.#catalog.setVolume(volume));
  }

  removeVolume(name: string): readonly string[] {
    return this.#heard(this.#catalog.removeVolume(name));
  }

  setStorageClass(storageClass: StorageClass): readonly string[] {
    return this.#heard(this.#catalog.setStorageClass(storageClass));
  }

  removeStorageClass(name: string): readonly string[] {
    return this.#heard(this.#catalog.removeStorageClass(name));
  }

  /** The caller has the node of the same name looked at again, here and in `removeCsiNode`. */
  setCsiNode({ metadata, spec }: CSINode): void {
    const limits = new Map<string, number>();
    for (const { name, allocatable } of spec?.drivers ?? [])
      if (allocatable?.count !== undefined) limits.set(name, allocatable.count);
    this.#limits.set(metadata?.name ?? '', limits);
    this.#toggles++;
  }

  removeCsiNode(name: string): void {
    this.#limits.delete(name);
  }

  /** Accounts a pod's volumes to its node. */
  add(slot: number, needs: VolumeNeeds): void {
    this.#uses.add(slot, needs, this.#driverOf);
  }

  /** Undoes an `add` of the same needs. */
  remove(slot: number, needs: VolumeNeeds): void {
    this.#uses.remove(slot, needs);
  }

  /** What the needs come to as the cell stands. */
  resolve({ claims, disks, podUid }: VolumeNeeds): ResolvedVolumes {
    const states = claims.map((use) => this.#catalog.stateOf(use, podUid));
    const faults = states.flatMap((state) => (state.type === 'fault' ? state.message : []));
    // What is not there, or is going away, says more than what is not bound yet.
    const fault = faults.find((message) => message !== UNBOUND) ?? faults[0];
    if (fault !== undefined) return faulty(fault);
    const resolved = {
      places: states.flatMap((state) => (state.type === 'bound' ? state.volume.place : [])),
      underWay: states.flatMap((state) => (state.type === 'bound' && state.choice) || []),
      unbound: unboundOf(states),
      disks,
      exclusive: claims.map(({ key }) => key).filter((claim) => this.#catalog.isExclusive(claim)),
      attachments: this.#attachments(claims),
    };
    return { ...resolved, key: keyOf(resolved, (claim) => this.#uses.isUsed(claim)) };
  }

  /** Whether a pod uses the claim, wherever it is. */
  isUsed(claim: string): boolean {
    return this.#uses.isUsed(claim);
  }

  disksConflict(slot: number, disks: ResolvedVolumes['disks']): boolean {
    return this.#uses.disksConflict(slot, disks);
  }

  /** Whether the node, in that slot, can attach so many volumes more. */
  canAttach(slot: number, nodeName: string, attachments: readonly Attachment[]): boolean {
    const limits = this.#limits.get(nodeName);
    if (!limits) return true;
    return attachments.every(({ driver, fresh, shared }) => {
      const limit = limits.get(driver);
      if (limit === undefined) return true;
      let added = fresh;
      for (const claim of shared) if (!this.#uses.isOn(slot, claim)) added++;
      return added === 0 || this.#uses.attached(slot, driver) + added <= limit;
    });
  }

  /** Whether all the claims can get a volume that the node can reach. */
  canBind(unbound: readonly UnboundClaim[], node: Node): boolean {
    return unbound.length === 0 || chooseVolumes(unbound, node, this.#find) !== undefined;
  }

  /**
   * What has to be done for the pod's claims before it can start on the node, those included for which another pod has it done.
   * To be asked before the pod is accounted to the node. Nothing when the node will not do any more: what the pod's shape was
   * made of has changed, so that it has another one now.
   */
  choose(needs: VolumeNeeds, node: Node): VolumeChoice[] | undefined {
    const { fault, unbound, places, exclusive, underWay } = this.resolve(needs);
    const reachable = places.every(({ affinity, zone }) => (affinity?.(node) ?? true) && (zone?.(node) ?? true));
    const choices = chooseVolumes(unbound, node, this.#find);
    if (fault === undefined && reachable && choices && !exclusive.some((claim) => this.isUsed(claim)))
      return [...underWay, ...choices];
    this.#catalog.outdate(unbound);
    return undefined;
  }

  /** Counts choices as carried out, so that no other pod gets the same volume before the API tells of it. */
  assume(choices: readonly VolumeChoice[]): readonly string[] {
    return this.#heard(this.#catalog.assume(choices));
  }

  /** Takes back what was assumed and could not be carried out; what the API has told of since stays. */
  forget(choices: readonly VolumeChoice[]): readonly string[] {
    return this.#heard(this.#catalog.forget(choices));
  }

  #attachments(claims: VolumeNeeds['claims']): Attachment[] {
    const byDriver = new Map<string, { driver: string; fresh: number; shared: string[] }>();
    for (const { key } of claims) {
      const driver = this.#catalog.driver(key);
      if (driver === undefined) continue;
      const attachment = byDriver.get(driver) ?? { driver, fresh: 0, shared: [] };
      byDriver.set(driver, attachment);
      if (this.#uses.isUsed(key)) attachment.shared.push(key);
      else attachment.fresh++;
    }
    return [...byDriver.values()];
  }

  /** Nobody minds who else uses a claim unless it is for one pod alone, or its volume counts against a limit. */
  #hearOfUse(): void {
    for (const claim of this.#uses.takeToggled()) {
      if (!this.#catalog.isExclusive(claim) && (this.#limits.size === 0 || !this.#catalog.driver(claim))) continue;
      this.#toggles++;
      this.#stirred.add(claim);
    }
  }

  #heard(claims: readonly string[]): readonly string[] {
    for (const claim of claims) this.#uses.setDriver(claim, this.#catalog.driver(claim));
    return claims;
  }
}

/** Smallest first; of equals in order of name, so that the same claims always choose in the same order. */
const unboundOf = (states: readonly ClaimState[]): UnboundClaim[] =>
  states.filter((state) => state.type === 'unbound').sort((a, b) => a.bytes - b.bytes || (a.claim < b.claim ? -1 : 1));
