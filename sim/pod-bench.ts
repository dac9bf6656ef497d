import { ContainerStore } from '../agent/container-store.ts';
import { Executor } from '../agent/execute.ts';
import { ImagePuller } from '../agent/images/puller.ts';
import { Observer } from '../agent/observe.ts';
import type { EventStep } from '../agent/plan/steps.ts';
import { type Pod, type PodStatus, podKey } from '../agent/pod-types.ts';
import { PodWorker } from '../agent/pod-worker.ts';
import type { ContainerInfo, ContainerSpec, Mount } from '../agent/runtime.ts';
import { silentLogger } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.fixture.ts';
import { seededRng } from '../platform/rng.ts';
import { FakeRuntime, type FakeRuntimeOptions } from './container-runtime.ts';

/**
 * One pod on one simulated engine, with the agent's own observer, executor and worker between them: what the planner decides is
 * really carried out, only time and engine are made up.
 */
export class PodBench {
  readonly clock = new ManualClock();
  readonly runtime: FakeRuntime;
  readonly events: Omit<EventStep, 'type'>[] = [];
  /** How often the agent told the master that the pod has gone, and that it forgot the pod. */
  gone = 0;
  forgotten = 0;
  private readonly store: ContainerStore;
  private readonly observer: Observer;
  private readonly executor: Executor;
  private readonly images: ImagePuller;
  private worker: PodWorker;
  private up = false;
  private pod: Pod;
  private lastStatus: PodStatus | undefined;

  constructor(pod: Pod, options: Omit<FakeRuntimeOptions, 'clock'> = {}, seed = 1) {
    const { clock } = this;
    this.pod = pod;
    this.runtime = new FakeRuntime({ clock, ...options });
    this.images = new ImagePuller(this.runtime, 3, clock);
    this.store = new ContainerStore(() => this.worker?.wake());
    this.observer = new Observer({
      runtime: this.runtime,
      owner,
      store: this.store,
      prepare: async () => {},
      changed: (down) => {
        this.up = down === undefined;
        if (this.up) this.worker.wake();
      },
      clock,
      rng: seededRng(seed),
      log: silentLogger,
    });
    this.executor = new Executor({
      runtime: this.runtime,
      store: this.store,
      observer: this.observer,
      images: this.images,
      volumes: noVolumes,
      seccompRoot: '/nowhere',
      resources: noResources,
      clock,
      log: silentLogger,
      architecture: () => 'amd64',
      operationsAtOnce: 4,
    });
    this.worker = this.makeWorker();
  }

  async start(): Promise<void> {
    await this.observer.start();
    this.worker.wake();
  }

  async stop(): Promise<void> {
    const stopped = Promise.all([this.worker.stop(), this.observer.stop()]);
    await this.clock.advance(60_000);
    await stopped;
  }

  get status(): PodStatus | undefined {
    return this.lastStatus;
  }

  setPod(pod: Pod, wanted = true): void {
    this.pod = pod;
    this.worker.setDesired({ pod, wanted, sourcesVersion: '' });
  }

  /** The agent dies and comes back: what it remembered is lost, the containers are not. */
  async restartAgent(): Promise<void> {
    const stopped = this.worker.stop();
    await this.clock.advance(0);
    void stopped;
    this.worker = this.makeWorker();
    this.worker.wake();
  }

  /** Lets time pass until `check` holds; throws after `limitMs`. */
  async until(what: string, check: () => boolean, limitMs = 3_600_000): Promise<void> {
    const startMs = this.clock.now();
    while (!check()) {
      if (this.clock.now() - startMs > limitMs) throw new Error(`not within ${limitMs} ms: ${what}`);
      const next = this.clock.nextMs;
      await this.clock.advance(next === undefined ? 1_000 : Math.max(0, next - this.clock.now()));
    }
  }

  /** Containers of one name (`POD` is the sandbox), oldest first. */
  containers(name?: string): ContainerInfo[] {
    return this.runtime.all().filter((info) => !name || info.labels['io.kubernetes.container.name'] === name);
  }

  running(name?: string): ContainerInfo[] {
    return this.containers(name).filter((info) => info.state === 'running');
  }

  private makeWorker(): PodWorker {
    const { clock, store, executor } = this;
    return new PodWorker({ pod: this.pod, wanted: true, sourcesVersion: '' }, this.lastStatus, {
      executor,
      store,
      clock,
      log: silentLogger,
      engineUp: () => this.up,
      hostIp: () => '192.0.2.1',
      resize: () => undefined,
      surroundings: ({ pod }) => ({
        pod,
        owner,
        nodeName: owner.nodeName,
        networkName: 'stowage-test',
        podDir: '/nowhere',
        hostIp: '192.0.2.1',
        podIp: store.of(podKey(pod).uid).find((one) => one.role === 'sandbox')?.ip,
        allocatable: { cpuMilli: 4000, memoryBytes: 8 * 1024 ** 3 },
      }),
      sources: () => ({ configMap: () => undefined, secret: () => undefined }),
      reportStatus: (_desired, status) => {
        this.lastStatus = status;
      },
      reportEvent: (_desired, event) => this.events.push(event),
      settled: async () => {},
      reportGone: () => {
        this.gone += 1;
      },
      forget: () => {
        this.forgotten += 1;
      },
    });
  }
}

const owner = { cellId: 'test', nodeName: 'node' };

const noResources = {
  prepare: () => {},
  remove: () => {},
  devices: { give: (spec: ContainerSpec) => ({ ok: true as const, spec, release: () => {} }) },
};

/** Pods of the bench have no volumes. */
const noVolumes = {
  prepareHeld: async () => [],
  prepareVolumes: async () => [],
  prepareMounts: async (mounts: readonly Mount[]) => [...mounts],
  removeVolumes: async () => [],
  prepareNames: async () => {},
  prepareMessage: async () => {},
  readMessage: async () => '',
};
