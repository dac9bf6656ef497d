import type { ContainerRuntime, ContainerSpec, Labels } from '../runtime.ts';

/** One runtime under test, with what the suite needs to know about its world. */
export interface RuntimeHarness {
  readonly runtime: ContainerRuntime;
  /** An image that is there, and one that is nowhere. */
  readonly image: string;
  readonly missingImage: string;
  /** Entry points of the image. */
  readonly programs: {
    /** Runs until it is asked to stop. */
    readonly forever: readonly string[];
    /** Pays no attention to being asked. */
    readonly stubborn: readonly string[];
    /** Ends at once with code 3. */
    readonly fails: readonly string[];
    /** Writes `one` and `two` to standard output and `three` to standard error, then ends well. */
    readonly prints: readonly string[];
    /** Writes back what it reads, and ends well with its input. */
    readonly echoes: readonly string[];
  };
  /** Starts the names and labels of what a test makes. */
  readonly prefix: string;
  /** Resolves when `check` holds, letting time pass; rejects after a while. */
  until(check: () => boolean | Promise<boolean>): Promise<void>;
  close(): Promise<void>;
}

/** What the tests of a runtime make things with. Owns the containers that they made. */
export class Workbench {
  readonly harness: RuntimeHarness;
  readonly labels: Labels;
  private readonly made: string[] = [];

  constructor(harness: RuntimeHarness) {
    this.harness = harness;
    this.labels = { 'stowage.dev/test': harness.prefix };
  }

  get runtime(): ContainerRuntime {
    return this.harness.runtime;
  }

  spec(what: Partial<ContainerSpec>): ContainerSpec {
    const { prefix, image, programs } = this.harness;
    return {
      name: `${prefix}-a`,
      image,
      entrypoint: programs.forever,
      labels: this.labels,
      env: [],
      groups: [],
      tty: false,
      stdin: false,
      network: { name: 'bridge' },
      ipc: 'private',
      pid: 'private',
      ports: [],
      sysctls: {},
      mounts: [],
      readOnlyRoot: false,
      privileged: false,
      noNewPrivileges: false,
      capabilitiesAdd: [],
      capabilitiesDrop: [],
      cpuShares: 2,
      cpuQuotaUs: 0,
      memoryBytes: 0,
      oomScoreAdj: 0,
      pidsLimit: 0,
      ...what,
    };
  }

  async make(what: Partial<ContainerSpec>): Promise<string> {
    const id = await this.runtime.create(this.spec(what));
    this.made.push(id);
    return id;
  }

  exited(id: string): Promise<void> {
    return this.harness.until(async () => (await this.runtime.inspect(id))?.state === 'exited');
  }

  async clear(): Promise<void> {
    for (const id of this.made.splice(0).reverse()) await this.runtime.remove(id);
    await this.harness.close();
  }
}
