import type { Rng } from '../../platform/rng.ts';
import type { SeenObject } from '../history.ts';
import type { Life } from '../time/life.ts';
import type { RecordedClient } from './recorded-client.ts';

const EVERY_MS = 6_000;
const NAMESPACE = 'default';
const NAMES = ['race-0', 'race-1'];

/**
 * Counts in objects that others count in at the same time: reads one, adds one, and writes it if nobody else has meanwhile. What each is
 * told must fit one order of events.
 */
export class Racer {
  readonly #client: RecordedClient;
  readonly #life: Life;
  readonly #rng: Rng;
  #quits = false;

  constructor(client: RecordedClient, life: Life, rng: Rng) {
    this.#client = client;
    this.#life = life;
    this.#rng = rng;
  }

  start(): void {
    this.#life.after(EVERY_MS * this.#rng.next(), 'racer', () => {
      if (this.#quits) return;
      void this.#count();
      this.start();
    });
  }

  async quit(): Promise<void> {
    this.#quits = true;
  }

  async #count(): Promise<void> {
    const name = NAMES[this.#rng.int(NAMES.length)] as string;
    const of = { resource: '/configmaps', namespace: NAMESPACE, name } as const;
    const found = await this.#client.call({ ...of, verb: 'get' });
    if (found?.code === 404) {
      await this.#client.call({ ...of, verb: 'create', object: { metadata: { name }, data: { count: '0' } } });
    }
    if (found?.code !== 200) return;
    const { count } = found.object.data as { count: string };
    const object: SeenObject = { ...found.object, data: { count: String(Number(count) + 1) } };
    await this.#client.call({ ...of, verb: 'update', object });
  }
}
