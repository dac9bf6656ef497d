import type { Namespace } from '../../api/core/namespace.ts';
import type { Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { PodGroup } from '../../api/stowage/pod-group.ts';
import { type Decision, Scheduler } from '../../master/scheduler/scheduler.ts';

export type { Decision };

/** The library under measurement. All that the benches know of it stands in this file. */
export class Model {
  readonly #scheduler = new Scheduler({});

  setNamespace(namespace: Namespace): void {
    this.#scheduler.setNamespace(namespace);
  }

  setGroup(group: PodGroup): void {
    this.#scheduler.setPodGroup(group);
  }

  setNode(node: Node): void {
    this.#scheduler.setNode(node);
  }

  removeNode(name: string): void {
    this.#scheduler.removeNode(name);
  }

  setPod(pod: Pod): void {
    this.#scheduler.setPod(pod);
  }

  removePod(uid: string): void {
    this.#scheduler.removePod(uid);
  }

  decide(nowMs: number, limit: number): Decision[] {
    return this.#scheduler.decide(nowMs, limit);
  }
}
