export interface Tools {
  readonly dockerHost?: string;
  readonly dockerd?: string;
  readonly engine?: string;
  readonly etcd?: string;
  readonly prometheus?: string;
  readonly victoriaMetrics?: string;
  readonly busybox?: string;
  readonly kubectl?: string;
  readonly kubectl33?: string;
  readonly kubectl31?: string;
  readonly helm?: string;
}

/** The real programs that tests run against; each is a path, or undefined where it is missing. */
export function locateTools(): Promise<Tools>;
