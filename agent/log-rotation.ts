/** How much of what a container writes is kept: some files, of which each is begun when the one before is full. */
export interface LogRotation {
  readonly maxBytes: number;
  /** The one that is written to included. */
  readonly maxFiles: number;
}

/** As the kubelet's. */
export const DEFAULT_LOG_ROTATION: LogRotation = { maxBytes: 10 * 1024 ** 2, maxFiles: 5 };
