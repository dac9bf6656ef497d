import { createPrivateKey } from 'node:crypto';
import { type SigningKey, signingKey } from '../../master/auth/tokens/jwt.ts';
import type { Store } from '../../master/store/store.ts';
import type { Logger } from '../../platform/log.ts';
import { type Rng, seededRng } from '../../platform/rng.ts';
import type { Dialled } from '../machine/agent-transport.ts';
import type { Network } from '../network/network.ts';
import type { Release } from '../network/wire-form.ts';
import type { Mutation } from '../planted/mutation.ts';
import { type CommitTap, StoreLink } from '../store/store-link.ts';
import type { StoreWeather } from '../store/weather.ts';
import { type ClockFaults, Life, MachineClock } from '../time/life.ts';
import type { ApiDoor } from '../users/client.ts';
import { ApiDesk } from './api-desk.ts';
import { type ServingMaster, startMaster } from './master.ts';

export interface MasterHostParts {
  readonly name: string;
  readonly store: Store;
  readonly storeLife: Life;
  readonly network: Network;
  readonly weather: StoreWeather;
  readonly rng: Rng;
  readonly log: (host: string) => Logger;
  readonly tap?: CommitTap;
  readonly mutation?: Mutation;
  readonly clock: ClockFaults;
}

const RESTART_MS = 2_000;

/** A host on which a master runs, if it does. Owns the master's process. */
export class MasterHost {
  readonly name: string;
  readonly #parts: MasterHostParts;
  #life: Life | undefined;
  #serving: { readonly master: ServingMaster; readonly desk: ApiDesk } | undefined;
  /** Of the master that is started next. */
  release: Release = 'current';
  /** How often it was started. */
  starts = 0;

  constructor(parts: MasterHostParts) {
    this.#parts = parts;
    this.name = parts.name;
  }

  get clock(): ClockFaults {
    return this.#parts.clock;
  }

  get life(): Life | undefined {
    return this.#life?.alive ? this.#life : undefined;
  }

  get serves(): boolean {
    return this.life !== undefined && this.#serving !== undefined;
  }

  get master(): ServingMaster | undefined {
    return this.life && this.#serving?.master;
  }

  start(): void {
    if (this.life) return;
    const { name, network, rng, log, clock } = this.#parts;
    const fork = () => seededRng(rng.int(2 ** 32));
    const life = new Life(name, network.timeline);
    this.#life = life;
    this.starts += 1;
    const { store, storeLife, weather, tap, mutation } = this.#parts;
    const link = new StoreLink({ ...{ store, storeLife, host: name, life, network, weather, tap }, rng: fork() });
    const kept = mutation?.store?.(link) ?? link;
    const own = new MachineClock(life, clock);
    const parts = { name, store: kept, clock: mutation?.clock?.(own) ?? own, rng: fork(), log: log(name), mutation };
    startMaster({ ...parts, serviceAccountKey: KEY, release: this.release }).then(
      (master) => {
        this.#serving = { master, desk: new ApiDesk(master.reception) };
      },
      (error) => {
        if (isMistake(error))
          return life.after(0, 'mistake', () => {
            throw error;
          });
        // It ends, and whoever looks after services on its host starts it again.
        log(name).warn({ error: String(error) }, 'the master could not start');
        life.after(RESTART_MS, 'start-again', () => {
          life.end();
          this.start();
        });
      },
    );
  }

  /** `kill -9`. */
  crash(): void {
    this.#life?.end();
    this.#serving = undefined;
  }

  asDialled(): { readonly host: string; readonly master: Dialled | undefined } {
    const { life, name } = this;
    const agents = this.#serving?.master.agents;
    return { host: name, master: life && agents && { host: name, life, door: agents } };
  }

  asDoor(): ApiDoor {
    const { life, name } = this;
    const desk = this.#serving?.desk;
    return { host: name, serving: life && desk && { life, desk } };
  }
}

/** A mistake in the program: without a master no promise would be broken, and none kept. */
const isMistake = (error: unknown): boolean =>
  error instanceof ReferenceError || error instanceof TypeError || error instanceof SyntaxError;

/** Every simulation signs with the same key, so that the same seed makes the same tokens. It opens nothing real. */
const KEY: SigningKey = signingKey(
  createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    },
  })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString(),
);
