import type { HostPort } from './host-ports.ts';
import type { OwnedTerm } from './owned-terms.ts';
import type { Member, Population } from './populations.ts';
import type { Demand } from './resources.ts';
import type { VolumeNeeds } from './volumes/volume-needs.ts';

/** What is known of it when it is made. */
export type FootprintParts = Omit<Footprint, 'populations' | 'pods' | 'matched' | 'matchedAt'>;

/** What a pod takes up on its node, and what it is to other pods. Shared by all pods that are alike in this. */
export class Footprint implements Member {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ownerUid?: string;
  /** Being deleted. */
  readonly leaving: boolean;
  readonly demand: Demand;
  readonly ports: readonly HostPort[];
  readonly volumes?: VolumeNeeds;
  /** Terms by which these pods attract or repel others. */
  readonly terms: readonly OwnedTerm[];
  /** Kept by `Populations` while some pod with this footprint is in the cell. */
  populations: readonly Population[] = [];
  /** Pods in the cell with this footprint. */
  pods = 0;
  /** Others' terms that mean these pods, as of `matchedAt`; kept by `OwnedTerms`. */
  matched: readonly OwnedTerm[] = [];
  matchedAt = -1;

  constructor(parts: FootprintParts) {
    this.namespace = parts.namespace;
    this.labels = parts.labels;
    this.ownerUid = parts.ownerUid;
    this.leaving = parts.leaving;
    this.demand = parts.demand;
    this.ports = parts.ports;
    this.volumes = parts.volumes;
    this.terms = parts.terms;
  }
}
