import type { Pod } from '../../../api/core/pod.ts';
import { eventually } from '../../eventually.ts';
import type { Program } from '../../program.ts';
import type { Desk } from '../kubectl/desk.ts';

interface Entry {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: Pod;
}

/** All that a `kubectl get pods -w` has seen. Owns the kubectl. */
export class PodDiary {
  readonly #watch: Program;

  private constructor(watch: Program) {
    this.#watch = watch;
  }

  /** Where there are pods already: resolves once it has seen them. */
  static async open(desk: Desk): Promise<PodDiary> {
    const diary = new PodDiary(desk.start('get pods -w --output-watch-events -o json'));
    await eventually('kubectl to watch', () => diary.entries.length > 0);
    return diary;
  }

  get entries(): Entry[] {
    // What comes after the last line feed is not there in full.
    const lines = this.#watch.stdout.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Entry);
  }

  /** Everything that was seen of one pod, oldest first. */
  of(name: string): Pod[] {
    return this.entries.map(({ object }) => object).filter(({ metadata }) => metadata?.name === name);
  }

  /** Waits until the pod is seen to be gone; resolves with its last state. */
  gone(name: string): Promise<Pod> {
    return eventually(`pod ${name} to be gone`, () => {
      const end = this.entries.find(({ type, object }) => type === 'DELETED' && object.metadata?.name === name);
      return end?.object;
    });
  }

  async close(): Promise<void> {
    await this.#watch.end();
  }
}
