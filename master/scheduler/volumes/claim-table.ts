import { classOfClaim, isClaimBound } from '../../../api/core/persistent-volume-binding.ts';
import type { PersistentVolumeClaim } from '../../../api/core/persistent-volume-claim.ts';

/**
 * The claims of the cell.
 *
 * Owns: every claim by `namespace/name`, and per storage class those that are not bound.
 */
export class ClaimTable {
  readonly #claims = new Map<string, PersistentVolumeClaim>();
  readonly #unbound = new Map<string, Set<string>>();

  get(claim: string): PersistentVolumeClaim | undefined {
    return this.#claims.get(claim);
  }

  /** Claims of the class that are not bound. */
  unbound(storageClass: string): string[] {
    return [...(this.#unbound.get(storageClass) ?? [])];
  }

  /** Returns the claim's `namespace/name`. */
  set(object: PersistentVolumeClaim): string {
    const claim = `${object.metadata?.namespace}/${object.metadata?.name}`;
    this.remove(claim);
    this.#claims.set(claim, object);
    if (isClaimBound(object)) return claim;
    const storageClass = classOfClaim(object);
    const unbound = this.#unbound.get(storageClass) ?? new Set();
    this.#unbound.set(storageClass, unbound.add(claim));
    return claim;
  }

  remove(claim: string): void {
    const object = this.#claims.get(claim);
    if (!object) return;
    this.#claims.delete(claim);
    const storageClass = classOfClaim(object);
    const unbound = this.#unbound.get(storageClass);
    unbound?.delete(claim);
    if (unbound?.size === 0) this.#unbound.delete(storageClass);
  }
}
