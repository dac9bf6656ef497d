import type { ApiDesk, Asked, Told } from '../master/api-desk.ts';
import type { Connection } from '../network/connection.ts';
import type { Network } from '../network/network.ts';
import type { Life } from '../time/life.ts';

/** A master as clients find it. */
export interface ApiDoor {
  readonly host: string;
  /** The process that listens there, and what it answers with; undefined: nobody does. */
  readonly serving: { readonly life: Life; readonly desk: ApiDesk } | undefined;
}

export interface ClientParts {
  readonly host: string;
  readonly life: Life;
  readonly network: Network;
  /** Whom the next connection leads to. */
  readonly dial: () => ApiDoor;
  readonly user: string;
  readonly groups: readonly string[];
}

export interface Reply {
  readonly code: number;
  readonly body: string;
}

/** Whether it happened nobody knows. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

const TIMEOUT_MS = 30_000;

const wordsOf = (told: Told): string =>
  told.type === 'answer' ? told.body : told.type === 'chunk' ? told.text : told.type;

export interface WatchEars {
  told(line: string): void;
  over(reason: string): void;
}

/** A program that uses the cell's API from a host of its own: one connection for each request, which does not retry by itself. */
export class Client {
  readonly #parts: ClientParts;

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  /** Rejects with {@link NoAnswer}. */
  request(method: string, path: string, body?: object, contentType?: string): Promise<Reply> {
    const { life } = this.#parts;
    return new Promise((resolve, reject) => {
      const timer = life.after(TIMEOUT_MS, 'client-timeout', () => {
        reject(new NoAnswer('nothing came back in time'));
        close();
      });
      const close = this.#send(
        { ...this.#asked(method, path), ...(body && { body: JSON.stringify(body), contentType }) },
        (told) => {
          if (told.type !== 'answer') return;
          timer.cancel();
          resolve(told);
        },
        (reason) => {
          timer.cancel();
          reject(new NoAnswer(reason));
        },
      );
    });
  }

  /** Lines of a watch as they come. Returns what ends it. */
  watch(path: string, ears: WatchEars): () => void {
    let rest = '';
    return this.#send(
      this.#asked('GET', path),
      (told) => {
        if (told.type === 'over') return;
        if (told.type === 'answer') return ears.over(`refused with ${told.code}: ${told.body}`);
        const lines = (rest + told.text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) ears.told(line);
      },
      ears.over,
    );
  }

  #asked(method: string, path: string): Asked {
    const { user, groups } = this.#parts;
    return { method, path, user, groups };
  }

  #send(asked: Asked, told: (told: Told) => void, lost: (reason: string) => void): () => void {
    const { network, life, host, dial } = this.#parts;
    const { timeline } = network;
    let connection: Connection | undefined;
    let isOver = false;
    timeline.after(2 * network.delayMs(), 'connect', () => {
      const door = dial();
      const reached = network.reaches(host, door.host) && network.reaches(door.host, host);
      if (isOver || !life.alive || !reached) return;
      const { serving } = door;
      if (!serving?.life.alive) {
        life.after(0, 'refused', () => lost('connection refused'));
        return;
      }
      const gone = new AbortController();
      connection = network.connect([
        {
          ...{ host, life },
          received: (message) => {
            timeline.trace.content(wordsOf(message as Told));
            told(message as Told);
          },
          lost: (reason) => lost(reason.message),
        },
        {
          host: door.host,
          life: serving.life,
          received: (message) => void serving.desk.answer(message as Asked, connection as Connection, gone.signal),
          lost: () => gone.abort(new Error('the client has gone')),
        },
      ]);
      connection.send(0, asked);
    });
    return () => {
      isOver = true;
      connection?.close(0);
    };
  }
}
