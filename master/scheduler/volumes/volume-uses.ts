import type { DiskUse, VolumeNeeds } from './volume-needs.ts';

interface ClaimUsers {
  /** Driver that attaches the claim's volume, as far as it is known. */
  driver: string | undefined;
  /** Slot -> pods. */
  readonly pods: Map<number, number>;
}

interface DiskUsers {
  readers: number;
  writers: number;
}

/**
 * Which claims and disks the pods of each node use. Adding and removing undo each other in any order, so that "what if these
 * pods were gone" can be asked by removing and adding them again.
 *
 * Owns: per claim, its pods on each slot; per slot, how many volumes each driver has attached, and who has which disk; and which
 * claims have come into use or gone out of it since that was last asked.
 */
export class VolumeUses {
  readonly #claims = new Map<string, ClaimUsers>();
  /** Slot -> driver -> volumes. */
  readonly #attached = new Map<number, Map<string, number>>();
  /** Slot -> disk -> pods. */
  readonly #disks = new Map<number, Map<string, DiskUsers>>();
  #toggled = new Set<string>();

  /** `driverOf` is asked for claims that nobody used before. */
  add(slot: number, { claims, disks }: VolumeNeeds, driverOf: (claim: string) => string | undefined): void {
    for (const { key } of claims) {
      const users = this.#claims.get(key) ?? this.#begin(key, driverOf(key));
      const pods = users.pods.get(slot) ?? 0;
      users.pods.set(slot, pods + 1);
      if (pods === 0) this.#attach(slot, users.driver, 1);
    }
    for (const disk of disks) this.#useDisk(slot, disk, 1);
  }

  remove(slot: number, { claims, disks }: VolumeNeeds): void {
    for (const { key } of claims) {
      const users = this.#claims.get(key);
      const pods = users?.pods.get(slot);
      if (!users || !pods) continue;
      if (pods > 1) users.pods.set(slot, pods - 1);
      else this.#leave(slot, key, users);
    }
    for (const disk of disks) this.#useDisk(slot, disk, -1);
  }

  /** Whether any pod uses the claim. */
  isUsed(claim: string): boolean {
    return this.#claims.has(claim);
  }

  isOn(slot: number, claim: string): boolean {
    return this.#claims.get(claim)?.pods.has(slot) ?? false;
  }

  /** Different volumes of the driver on the node. */
  attached(slot: number, driver: string): number {
    return this.#attached.get(slot)?.get(driver) ?? 0;
  }

  /** Whether a pod on the node has one of the disks in a way that rules out another. */
  disksConflict(slot: number, disks: readonly DiskUse[]): boolean {
    const byDisk = this.#disks.get(slot);
    if (!byDisk) return false;
    return disks.some(({ key, readOnly }) => {
      const users = byDisk.get(key);
      return users !== undefined && (!readOnly || users.writers > 0);
    });
  }

  /** More has become known of a claim's volume. */
  setDriver(claim: string, driver: string | undefined): void {
    const users = this.#claims.get(claim);
    if (!users || users.driver === driver) return;
    for (const slot of users.pods.keys()) {
      this.#attach(slot, users.driver, -1);
      this.#attach(slot, driver, 1);
    }
    users.driver = driver;
  }

  /** Claims that since the last call came into use and were not, or the other way round. */
  takeToggled(): ReadonlySet<string> {
    const toggled = this.#toggled;
    if (toggled.size > 0) this.#toggled = new Set();
    return toggled;
  }

  #begin(claim: string, driver: string | undefined): ClaimUsers {
    const users = { driver, pods: new Map<number, number>() };
    this.#claims.set(claim, users);
    this.#toggle(claim);
    return users;
  }

  #leave(slot: number, claim: string, users: ClaimUsers): void {
    users.pods.delete(slot);
    this.#attach(slot, users.driver, -1);
    if (users.pods.size > 0) return;
    this.#claims.delete(claim);
    this.#toggle(claim);
  }

  /** Twice is not at all. */
  #toggle(claim: string): void {
    if (!this.#toggled.delete(claim)) this.#toggled.add(claim);
  }

  #attach(slot: number, driver: string | undefined, change: 1 | -1): void {
    if (driver === undefined) return;
    const byDriver = this.#attached.get(slot) ?? new Map<string, number>();
    this.#attached.set(slot, byDriver);
    const volumes = (byDriver.get(driver) ?? 0) + change;
    if (volumes > 0) byDriver.set(driver, volumes);
    else byDriver.delete(driver);
    if (byDriver.size === 0) this.#attached.delete(slot);
  }

  #useDisk(slot: number, { key, readOnly }: DiskUse, change: 1 | -1): void {
    const byDisk = this.#disks.get(slot) ?? new Map<string, DiskUsers>();
    this.#disks.set(slot, byDisk);
    const users = byDisk.get(key) ?? { readers: 0, writers: 0 };
    byDisk.set(key, users);
    if (readOnly) users.readers += change;
    else users.writers += change;
    if (users.readers <= 0 && users.writers <= 0) byDisk.delete(key);
    if (byDisk.size === 0) this.#disks.delete(slot);
  }
}
