import type { Rng } from '../../platform/rng.ts';
import type { Resource } from '../record/kinds.ts';
import type { Life } from '../time/life.ts';
import type { RecordedClient } from './recorded-client.ts';

const FOLLOWED: readonly Resource[] = ['/pods', '/configmaps', 'apps/deployments', 'discovery.k8s.io/endpointslices'];
const AGAIN_MS = 5_000;

/** A program that follows some kinds by watches, as controllers outside do, and begins anew when one breaks off. */
export class Watcher {
  readonly #client: RecordedClient;
  readonly #life: Life;
  readonly #rng: Rng;

  constructor(client: RecordedClient, life: Life, rng: Rng) {
    this.#client = client;
    this.#life = life;
    this.#rng = rng;
  }

  start(): void {
    for (const resource of FOLLOWED) void this.#follow(resource);
  }

  /** It goes on watching. */
  async quit(): Promise<void> {}

  async #follow(resource: Resource): Promise<void> {
    for (;;) {
      await this.#client.watch(resource);
      await new Promise<void>((resolve) => this.#life.after(AGAIN_MS * this.#rng.next(), 'watcher', resolve));
    }
  }
}
