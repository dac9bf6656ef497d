import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { refusedWith } from '../../client/failure.ts';
import { watch } from '../../client/watching.ts';
import { ONLOOKER } from '../../sim/checkers/seen-cell.ts';
import type { SeenObject } from '../../sim/history.ts';
import { type Caller, pathOf } from './caller.ts';
import type { Recorder } from './recorder.ts';

export const WATCHED = [
  ...['/pods', '/nodes', '/namespaces', '/configmaps', '/secrets', '/services', '/resourcequotas'],
  ...['apps/deployments', 'apps/replicasets', 'apps/statefulsets', 'apps/daemonsets', 'batch/jobs'],
  ...['policy/poddisruptionbudgets', 'discovery.k8s.io/endpointslices', 'stowage.dev/bandquotas'],
];
const AGAIN_MS = 100;

interface ListAnswer {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly SeenObject[];
}

/** Follows all objects of a kind until the signal aborts, and goes on where it was after whatever breaks. */
export async function follow(resource: string, caller: Caller, recorder: Recorder, signal: AbortSignal): Promise<void> {
  const target = { resource, namespace: '', name: '' };
  const path = pathOf(target);
  let from: string | undefined;
  while (!signal.aborted) {
    const number = recorder.number();
    let begun = false;
    const begin = (at: string, initial?: readonly SeenObject[]) => {
      begun = true;
      recorder.add({
        type: 'watching',
        watch: number,
        client: ONLOOKER,
        target,
        from: at,
        ...(initial && { initial }),
      });
    };
    try {
      if (from === undefined) {
        const list = await caller.client.get<ListAnswer>(path, {
          signal: AbortSignal.any([signal, AbortSignal.timeout(15_000)]),
        });
        from = list.metadata.resourceVersion;
        begin(from, list.items);
      } else begin(from);
      const query = { resourceVersion: from, allowWatchBookmarks: 'true' };
      for await (const { type, object } of watch(caller.client, path, { query, signal })) {
        const seen = object as unknown as SeenObject;
        recorder.add({ type: 'told', watch: number, change: type, object: seen });
        from = object.metadata?.resourceVersion ?? from;
      }
    } catch (error) {
      if (refusedWith(error, 410)) from = undefined;
    }
    if (begun) recorder.add({ type: 'unwatched', watch: number });
    await delay(AGAIN_MS, undefined, { signal }).catch(() => {});
  }
}

/** Follows the containers of a cell on one engine, in the same way. */
export class EngineWatch {
  readonly #docker: Docker;
  readonly #machine: string;
  readonly #label: string;
  readonly #recorder: Recorder;
  /** Running containers and their labels. */
  readonly running = new Map<string, Record<string, string>>();

  constructor(docker: Docker, machine: string, cellId: string, recorder: Recorder) {
    this.#docker = docker;
    this.#machine = machine;
    this.#label = `stowage.dev/cell=${cellId}`;
    this.#recorder = recorder;
  }

  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const stream = (await this.#docker.getEvents({
          filters: { type: ['container'], event: ['start', 'die', 'destroy'], label: [this.#label] },
          abortSignal: signal,
        })) as NodeJS.ReadableStream & AsyncIterable<Buffer>;
        await this.#compare();
        let rest = '';
        for await (const chunk of stream) {
          const lines = (rest + chunk.toString()).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) if (line.trim()) this.#event(JSON.parse(line) as EngineEvent);
        }
      } catch {
        // The engine is away; it is asked again until it is back.
      }
      await delay(AGAIN_MS, undefined, { signal }).catch(() => {});
    }
  }

  async #compare(): Promise<void> {
    const found = await this.#docker.listContainers({ filters: { label: [this.#label] } });
    const there = new Map(found.map(({ Id, Labels }) => [Id, Labels]));
    for (const id of [...this.running.keys()]) if (!there.has(id)) this.#tell(id, false);
    for (const [id, labels] of there) if (!this.running.has(id)) this.#tell(id, true, labels);
  }

  #event({ Action, Actor: { ID, Attributes } }: EngineEvent): void {
    if (Action === 'start' && !this.running.has(ID)) this.#tell(ID, true, Attributes);
    if (Action !== 'start' && this.running.has(ID)) this.#tell(ID, false);
  }

  #tell(container: string, running: boolean, labels = this.running.get(container) ?? {}): void {
    if (running) this.running.set(container, labels);
    else this.running.delete(container);
    const podUid = labels['io.kubernetes.pod.uid'] ?? '';
    const name = labels['io.kubernetes.container.name'] ?? '';
    this.#recorder.add({ type: 'container', machine: this.#machine, container, podUid, name, running });
  }
}

interface EngineEvent {
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Record<string, string> };
}
