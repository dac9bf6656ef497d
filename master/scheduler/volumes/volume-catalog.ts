import type { Node } from '../../../api/core/node.ts';
import type { PersistentVolume } from '../../../api/core/persistent-volume.ts';
import {
  classOfClaim,
  isClaimBound,
  SELECTED_NODE,
  volumeFitsClaim,
} from '../../../api/core/persistent-volume-binding.ts';
import type { PersistentVolumeClaim } from '../../../api/core/persistent-volume-claim.ts';
import type { StorageClass } from '../../../api/storage/storage-class.ts';
import { AvailableVolumes, type KnownVolume, knownVolume } from './available-volumes.ts';
import { faultOfClaim, UNBOUND } from './claim-fault.ts';
import { ClaimTable } from './claim-table.ts';
import { ClassTable } from './class-table.ts';
import type { ClaimUse } from './volume-needs.ts';
import { bytesOfClaim, type ClaimState, type UnboundClaim, type VolumeChoice } from './volume-resolution.ts';

const ALONE = 'ReadWriteOncePod';
const LOST_VOLUME = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';

/**
 * What there is in storage: what each claim has got, and what the others could get.
 *
 * Owns: claims, volumes and classes as the API last told of them, and what was decided since and the API has not told of yet.
 * Methods that take news return the claims (`namespace/name`) that may mean something else for their pods than before.
 */
export class VolumeCatalog {
  readonly #claims = new ClaimTable();
  readonly #classes = new ClassTable();
  readonly #volumes = new Map<string, KnownVolume>();
  /** Claim -> volume that is bound to it or kept for it, by `spec.claimRef`. */
  readonly #kept = new Map<string, string>();
  readonly #available = new AvailableVolumes();
  readonly #assumed = new Map<string, VolumeChoice>();
  /** Volume -> claim, of what is assumed. */
  readonly #takenBy = new Map<string, string>();
  #version = 0;

  /** Changes when some claim may mean something else than before. */
  get version(): number {
    return this.#version;
  }

  setClaim(object: PersistentVolumeClaim): string[] {
    const claim = this.#claims.set(object);
    const assumed = this.#assumed.get(claim);
    const told = isClaimBound(object) || object.metadata?.annotations?.[SELECTED_NODE] !== undefined;
    const freed = assumed && told ? this.#settle(assumed, object.spec?.volumeName) : [];
    return [...this.#changed(claim), ...freed];
  }

  removeClaim(namespace: string, name: string): string[] {
    const claim = `${namespace}/${name}`;
    this.#claims.remove(claim);
    const assumed = this.#assumed.get(claim);
    const freed = assumed ? this.#settle(assumed, undefined) : [];
    return [...this.#changed(claim), ...freed];
  }

  setVolume(object: PersistentVolume): string[] {
    const volume = knownVolume(object);
    const keptFor = this.#forgetVolume(volume.name);
    this.#volumes.set(volume.name, volume);
    const claim = claimRefOf(object);
    if (claim !== undefined) this.#kept.set(claim, volume.name);
    const gained = this.#shelve(volume);
    return [...this.#changed(keptFor), ...(claim === keptFor ? [] : this.#changed(claim)), ...gained];
  }

  removeVolume(name: string): string[] {
    return this.#changed(this.#forgetVolume(name));
  }

  setStorageClass(storageClass: StorageClass): string[] {
    this.#classes.set(storageClass);
    return this.#classChanged(storageClass.metadata?.name ?? '');
  }

  removeStorageClass(name: string): string[] {
    this.#classes.remove(name);
    return this.#classChanged(name);
  }

  /** Counts choices as carried out, so that no other pod gets the same volume before the API tells of it. */
  assume(choices: readonly VolumeChoice[]): string[] {
    return choices.flatMap((choice) => {
      this.#assumed.set(choice.claim, choice);
      if ('volume' in choice) {
        this.#takenBy.set(choice.volume, choice.claim);
        // That others cannot have it any more is found when one is to get it: `choose` says no.
        this.#available.remove(choice.volume);
      }
      return this.#changed(choice.claim);
    });
  }

  /** Takes back what was assumed and could not be carried out; what the API has told of since stays. */
  forget(choices: readonly VolumeChoice[]): string[] {
    const ours = choices.filter((choice) => isSameChoice(this.#assumed.get(choice.claim), choice));
    return ours.flatMap((choice) => [...this.#settle(choice, undefined), ...this.#changed(choice.claim)]);
  }

  /** What a claim that a pod uses means for the pod. */
  stateOf({ key, name, ephemeral }: ClaimUse, podUid: string | undefined): ClaimState {
    const object = this.#claims.get(key);
    const fault = faultOfClaim(object, name, ephemeral, podUid);
    if (!object || fault !== undefined) return { type: 'fault', message: fault ?? '' };
    if (isClaimBound(object)) return this.#boundTo(object.spec?.volumeName ?? '');
    const storageClass = classOfClaim(object);
    const ofClass = this.#classes.get(storageClass);
    if (!ofClass?.waits || object.spec?.volumeName) return { type: 'fault', message: UNBOUND };
    const choice = this.#assumed.get(key);
    if (choice && 'volume' in choice) return this.#boundTo(choice.volume, choice);
    return {
      type: 'unbound',
      claim: key,
      object,
      storageClass,
      bytes: bytesOfClaim(object),
      version: this.#available.version(storageClass),
      kept: this.#keptFor(key, object),
      selectedNode: choice?.selectedNode ?? object.metadata?.annotations?.[SELECTED_NODE],
      provision: ofClass.provision,
    };
  }

  /** The smallest free volume for a claim on a node, none of `except`; the one that is kept for it, if there is one. */
  find({ kept, storageClass, object }: UnboundClaim, node: Node, except: ReadonlySet<string>) {
    if (!kept) return this.#available.smallest(storageClass, object, node, except);
    return (kept.place.affinity?.(node) ?? true) ? kept : undefined;
  }

  /** Whether one pod alone may use the claim. */
  isExclusive(claim: string): boolean {
    return this.#claims.get(claim)?.spec?.accessModes?.includes(ALONE) ?? false;
  }

  /** Which driver attaches the claim's volume, or will once there is one. */
  driver(claim: string): string | undefined {
    const object = this.#claims.get(claim);
    if (!object) return undefined;
    const choice = this.#assumed.get(claim);
    const chosen = choice && 'volume' in choice ? choice.volume : undefined;
    const name = isClaimBound(object) ? object.spec?.volumeName : chosen;
    if (name !== undefined) return this.#volumes.get(name)?.object.spec?.csi?.driver;
    return this.#classes.get(classOfClaim(object))?.driver;
  }

  /** The node on which a pod was to get the claims cannot give them: what was concluded from what is free no longer holds. */
  outdate(unbound: readonly UnboundClaim[]): void {
    for (const { storageClass } of unbound) this.#available.outdate(storageClass);
    this.#version++;
  }

  #boundTo(name: string, choice?: VolumeChoice): ClaimState {
    const volume = this.#volumes.get(name);
    return volume ? { type: 'bound', volume, choice } : { type: 'fault', message: LOST_VOLUME };
  }

  #keptFor(claim: string, object: PersistentVolumeClaim): KnownVolume | undefined {
    const volume = this.#volumes.get(this.#kept.get(claim) ?? '');
    return volume && volumeFitsClaim(volume.object, object) ? volume : undefined;
  }

  #changed(claim: string | undefined): string[] {
    if (claim === undefined) return [];
    this.#version++;
    return [claim];
  }

  #classChanged(storageClass: string): string[] {
    this.#available.outdate(storageClass);
    return this.#claims.unbound(storageClass).flatMap((claim) => this.#changed(claim));
  }

  /** Makes a volume available if it is; returns the claims that might have it. */
  #shelve(volume: KnownVolume): string[] {
    if (this.#takenBy.has(volume.name) || !isAvailable(volume.object)) return [];
    this.#available.add(volume);
    this.#available.outdate(volume.storageClass);
    this.#version++;
    return this.#claims.unbound(volume.storageClass);
  }

  /** Returns the claim it is kept for. */
  #forgetVolume(name: string): string | undefined {
    const volume = this.#volumes.get(name);
    if (!volume) return undefined;
    this.#volumes.delete(name);
    if (this.#available.has(name)) {
      this.#available.remove(name);
      this.#available.outdate(volume.storageClass);
      this.#version++;
    }
    const claim = claimRefOf(volume.object);
    if (claim !== undefined && this.#kept.get(claim) === name) this.#kept.delete(claim);
    return claim;
  }

  /** An assumption has come to its end; its volume is free again unless it is the claim's. */
  #settle(choice: VolumeChoice, volumeName: string | undefined): string[] {
    this.#assumed.delete(choice.claim);
    if (!('volume' in choice) || this.#takenBy.get(choice.volume) !== choice.claim) return [];
    this.#takenBy.delete(choice.volume);
    const volume = this.#volumes.get(choice.volume);
    return volume && choice.volume !== volumeName ? this.#shelve(volume) : [];
  }
}

const isAvailable = ({ metadata, spec, status }: PersistentVolume): boolean =>
  !metadata?.deletionTimestamp && !spec?.claimRef && status?.phase === 'Available';

function claimRefOf({ spec }: PersistentVolume): string | undefined {
  const { namespace, name } = spec?.claimRef ?? {};
  return name === undefined ? undefined : `${namespace}/${name}`;
}

const isSameChoice = (a: VolumeChoice | undefined, b: VolumeChoice): boolean =>
  a !== undefined && JSON.stringify(a) === JSON.stringify(b);
