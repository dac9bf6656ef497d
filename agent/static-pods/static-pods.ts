import type { Clock } from '../../platform/clock.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/log.ts';
import { type Pod, podKey } from '../pod-types.ts';
import type { readManifest } from './manifest.ts';
import { ManifestDirectory } from './manifest-directory.ts';
import { fullName, manifestOf } from './static-pod.ts';

/** The node's pods, as far as files have a say in them. */
export interface LocalPods {
  /** Static pods that are here, with those that are ending. */
  staticPods(): Iterable<{ readonly pod: Pod; readonly ending: boolean }>;
  runStatic(pod: Pod): void;
  /** Ends it within its grace. */
  endStatic(uid: string): void;
}

export interface StaticPodsParts {
  /** Absent: there are no manifests, and pods from former ones end. */
  readonly manifests?: { readonly directory: string; readonly read: typeof readManifest };
  readonly nodeName: string;
  readonly pods: LocalPods;
  /** Tells people of a file that is no manifest. */
  readonly faulty: (message: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Keeps the pods running that the manifests of a directory describe (Kubernetes, "Create static Pods"), with or without a master.
 * Owns the directory's reader, and what the files last said that made sense: a file that turns bad changes nothing.
 */
export class StaticPods implements Service {
  private readonly parts: StaticPodsParts;
  private readonly directory: ManifestDirectory | undefined;
  /** By full name. */
  private wanted: ReadonlyMap<string, Pod> = new Map();
  private readonly faults = new Map<string, string>();

  constructor(parts: StaticPodsParts) {
    const { manifests: source, clock, log } = parts;
    const changed = (manifests: ReadonlyMap<string, string>) => this.take(manifests);
    this.parts = parts;
    this.directory = source && new ManifestDirectory({ path: source.directory, changed, clock, log });
  }

  async start(): Promise<void> {
    if (this.directory) await this.directory.start();
    else this.settle();
  }

  async stop(): Promise<void> {
    await this.directory?.stop();
  }

  /** Runs what should run, once nothing of another pod of its name is left; ends what should not. To be called when a pod has gone. */
  settle(): void {
    const { pods } = this.parts;
    const here = new Set<string>();
    for (const { pod, ending } of [...pods.staticPods()]) {
      const name = fullName(pod);
      here.add(name);
      if (!ending && podKey(this.wanted.get(name) ?? {}).uid !== podKey(pod).uid) pods.endStatic(podKey(pod).uid);
    }
    for (const [name, pod] of this.wanted) if (!here.has(name)) pods.runStatic(pod);
  }

  /** The directory holds these manifests now, by file name. */
  take(manifests: ReadonlyMap<string, string>): void {
    const wanted = new Map<string, Pod>();
    for (const [file, text] of manifests) {
      const pod = this.podIn(file, text);
      const other = pod && wanted.get(fullName(pod));
      if (other) this.tell(file, `it describes ${fullName(pod)}, as ${manifestOf(other)} does`);
      else if (pod) wanted.set(fullName(pod), pod);
    }
    for (const file of this.faults.keys()) if (!manifests.has(file)) this.faults.delete(file);
    this.wanted = wanted;
    this.settle();
  }

  /** What a file describes; what it described before, where it makes no sense any more. */
  private podIn(file: string, text: string): Pod | undefined {
    const { manifests, nodeName, pods, clock, log } = this.parts;
    const read = manifests?.read(text, file, nodeName, clock.now());
    if (!read) return undefined;
    if (!read.ok) {
      this.tell(file, read.fault);
      return [...pods.staticPods()].find(({ pod, ending }) => !ending && manifestOf(pod) === file)?.pod;
    }
    this.faults.delete(file);
    if (read.unknown.length > 0) log.warn({ file, fields: read.unknown }, 'a manifest has fields that nobody knows');
    return read.pod;
  }

  private tell(file: string, fault: string): void {
    if (this.faults.get(file) === fault) return;
    this.faults.set(file, fault);
    this.parts.log.warn({ file, fault }, 'this manifest of a static pod cannot be used');
    this.parts.faulty(`manifest ${file} cannot be used: ${fault}`);
  }
}
