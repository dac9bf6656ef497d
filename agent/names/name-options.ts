/** How pods of this node find names. */
export interface NameOptions {
  /** Addresses of the cell's own name servers; none: it has none, and pods use the machine's. */
  readonly clusterDns: readonly string[];
  /** The domain that the cell's names are in. */
  readonly clusterDomain: string;
}

export const DEFAULT_NAME_OPTIONS: NameOptions = { clusterDns: [], clusterDomain: 'cluster.local' };
