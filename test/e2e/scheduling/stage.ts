import type { Node } from '../../../api/core/node.ts';
import { quantityMilli, quantityValue } from '../../../api/meta/quantity.ts';
import { TEST_IMAGE } from '../../docker.ts';
import { run } from '../../kubectl.ts';
import { STOWCTL } from '../../program.ts';
import type { Desk } from '../kubectl/desk.ts';

/** For ever, but for SIGTERM. */
const IDLE = 'trap "exit 0" TERM; while :; do sleep 0.1; done';

/** Most of what the suites make asks for so little that it is in nobody's way. */
const CRUMB = 0.01;

export interface Part {
  /** Share of what a node offers of cpu. */
  cpu?: number;
  /** And of memory; default: none is asked for. */
  memory?: number;
  labels?: Record<string, string>;
  /** More of the pod's spec. */
  spec?: object;
  /** More of its one container. */
  container?: object;
  script?: string;
}

/** One namespace of a cell with two nodes of the same size, `n1` and `n2`. */
export class Stage {
  readonly desk: Desk;
  /** What each node has for pods. */
  readonly #cpuMilli: number;
  readonly #memoryBytes: number;

  private constructor(desk: Desk, cpuMilli: number, memoryBytes: number) {
    this.desk = desk;
    this.#cpuMilli = cpuMilli;
    this.#memoryBytes = memoryBytes;
  }

  static async on(desk: Desk): Promise<Stage> {
    const { status } = await desk.json<Node>('get node n1');
    const { cpu = '', memory = '' } = status?.allocatable ?? {};
    return new Stage(desk, quantityMilli(cpu), quantityValue(memory));
  }

  /** The same cell, in another namespace, which is made. */
  async enter(namespace: string): Promise<Stage> {
    await this.desk.run(`create namespace ${namespace}`);
    return new Stage(this.desk.in(namespace), this.#cpuMilli, this.#memoryBytes);
  }

  /** The namespace goes, and everything in it: where that would be in the way of others. */
  async leave(): Promise<void> {
    await this.desk.run(`delete namespace ${this.desk.namespace} --timeout=60s`);
  }

  podSpec({ cpu = CRUMB, memory, spec, container, script = IDLE }: Part = {}) {
    const requests = {
      cpu: `${Math.floor(this.#cpuMilli * cpu)}m`,
      ...(memory && { memory: String(Math.floor(this.#memoryBytes * memory)) }),
    };
    const main = {
      name: 'main',
      image: TEST_IMAGE,
      command: ['/bin/sh', '-c', script],
      resources: { requests },
      ...container,
    };
    return { terminationGracePeriodSeconds: 10, containers: [main], ...spec };
  }

  pod(name: string, part: Part = {}) {
    const metadata = { name, labels: { name, ...part.labels } };
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: this.podSpec({ ...part, spec: { ...once, ...part.spec } }),
    };
  }

  deployment(name: string, replicas: number, part: Part = {}) {
    const labels = { app: name, ...part.labels };
    return {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: {
        replicas,
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels }, spec: this.podSpec(part) },
      },
    };
  }

  job(name: string, parallelism: number, part: Part = {}) {
    const spec = this.podSpec({ ...part, spec: { ...once, ...part.spec } });
    return {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name },
      spec: { parallelism, completions: parallelism, template: { metadata: { labels: { app: name } }, spec } },
    };
  }

  async apply(...objects: object[]): Promise<void> {
    await this.desk.apply({ apiVersion: 'v1', kind: 'List', items: objects });
  }

  /** Waits until all these pods (names, or `-l` and a selector) have what `path` says; says why they are pending otherwise. */
  async until(pods: string, condition: string, seconds = 30): Promise<void> {
    const { code, stderr } = await this.desk.try(`wait pods ${pods}`, [`--for=${condition}`, `--timeout=${seconds}s`]);
    if (code === 0) return;
    const state = await this.desk.run(`describe pods ${pods}`).catch(String);
    throw new Error(`waited for ${condition} of pods ${pods}: ${stderr}${state}`);
  }

  /** Waits until the pod has a node; resolves with it. */
  async placed(name: string): Promise<string> {
    await this.until(name, 'condition=PodScheduled');
    return this.desk.value(`get pod ${name}`, '.spec.nodeName');
  }

  async running(pods: string): Promise<void> {
    await this.until(pods, 'jsonpath={.status.phase}=Running');
  }

  /** Waits until the pod is told that it has no node; resolves with the reason as its condition gives it. */
  async refused(name: string): Promise<string> {
    await this.until(name, 'condition=PodScheduled=False');
    return this.desk.value(`get pod ${name}`, '.status.conditions[?(@.type=="PodScheduled")].message');
  }

  /** What `stowctl why` says of it. */
  async why(name: string): Promise<string> {
    const place = ['--kubeconfig', this.desk.kubeconfig, '-n', this.desk.namespace];
    const { code, stdout, stderr } = await run(process.execPath, [STOWCTL, 'why', name, ...place]);
    if (code !== 0) throw new Error(`stowctl why ${name} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** Nodes of the pods that have one, in the order of the pods' names. */
  async nodesOf(selector: string): Promise<string[]> {
    const found = await this.desk.value(`get pods -l ${selector}`, '.items[*].spec.nodeName');
    return found.split(' ').filter(Boolean);
  }
}

const once = { restartPolicy: 'Never' };

/** The part of a pod's spec that ties it to a node, as a person would. */
export const on = (nodeName: 'n1' | 'n2') => ({ nodeSelector: { 'kubernetes.io/hostname': nodeName } });
