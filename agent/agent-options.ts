import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/log.ts';
import type { Rng } from '../platform/rng.ts';
import type { ImageOptions } from './images/image-options.ts';
import type { IngressOptions } from './ingress/ingress.ts';
import type { LogRotation } from './log-rotation.ts';
import type { NameOptions } from './names/name-options.ts';
import type { NodeOptions } from './node-options.ts';
import type { Signals } from './pressure/signals.ts';
import type { ContainerRuntime } from './runtime.ts';
import type { AgentTransport } from './transport.ts';

export interface AgentOptions {
  /** Kept: cell id, certificate, pods and their volumes. */
  readonly dataDir: string;
  /** `https://HOST:PORT` of a master. */
  readonly masterUrl: string;
  /** Of more of them; the cell tells of those that are not named here. */
  readonly otherMasterUrls?: readonly string[];
  readonly joinToken: string;
  readonly nodeName: string;
  /** `unix:///path` or `tcp://host:port`; undefined: DOCKER_HOST, else the default socket. */
  readonly dockerHost?: string;
  /** 0: any free port. */
  readonly metricsPort: number;
  /** Known already; otherwise from disk or from the master's welcome. */
  readonly cellId?: string;
  /** How the machine is shared; default as Kubernetes has it. */
  readonly node?: Partial<NodeOptions>;
  /** Where manifests of pods lie that this machine runs by itself. Default: nowhere. */
  readonly podManifestPath?: string;
  /** How pods find names. Default: as the machine does. */
  readonly names?: Partial<NameOptions>;
  /** Where this machine serves ingresses. Default: it does not. */
  readonly ingress?: IngressOptions;
  /** How images are looked after. */
  readonly images?: Partial<ImageOptions>;
  /** Instead of the machine's own, for tests; with a runtime of theirs, simulations are short of nothing. */
  readonly signals?: () => Promise<Signals>;
  /** Further labels of the node. */
  readonly labels?: Readonly<Record<string, string>>;
  /** How much is kept of what containers write. */
  readonly logs?: LogRotation;
  /** Instead of Docker, for simulations and tests. */
  readonly runtime?: ContainerRuntime;
  /** Instead of enrolment and gRPC, for simulations and tests. */
  readonly transport?: AgentTransport;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
}
