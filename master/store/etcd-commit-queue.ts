import type { ITxnRequest, ITxnResponse } from 'etcd3';
import { RequestTooLarge } from './etcd-client.ts';
import { type Candidate, candidateOf, KeyClaims, MAX_GROUPED, MAX_OPS, sizeOf, takeGroup } from './etcd-grouping.ts';
import type { EtcdKeys } from './etcd-keys.ts';
import { decodeGroup, decodeTransaction, encodeGroup, encodeTransaction, type Outcome } from './etcd-transaction.ts';
import { LeaseLost, StoreUnavailable, type Transaction } from './store.ts';

interface Pending extends Candidate {
  resolve(outcome: Outcome): void;
  reject(reason: unknown): void;
}

/**
 * Groups under way at once: etcd syncs one while the next is read. More would make groups smaller, and each costs a call and an answer;
 * for that reason only a full group goes while another is under way, and what is less gathers until it has ended.
 */
const MAX_IN_FLIGHT = 2;
/** Transactions that may wait; one more is refused. */
const MAX_QUEUE = 65_536;

/**
 * Gathers transactions into groups and sends each group as one etcd transaction. Owns the queue and the claims of what is under
 * way. A group is sent once: if no answer comes, none of its transactions is known to have happened or not.
 */
export class EtcdCommitQueue {
  readonly #keys: EtcdKeys;
  readonly #send: (request: ITxnRequest) => Promise<ITxnResponse>;
  readonly #busy = new KeyClaims();
  readonly #underWay = new Set<Promise<void>>();
  #queue: Pending[] = [];
  #scheduled = false;

  /** `send` makes one call, and rejects with the errors of the Store seam. */
  constructor(keys: EtcdKeys, send: (request: ITxnRequest) => Promise<ITxnResponse>) {
    this.#keys = keys;
    this.#send = send;
  }

  add(transaction: Transaction): Promise<Outcome> {
    const candidate = candidateOf(transaction);
    if (sizeOf(candidate) > MAX_OPS) {
      const what = `${transaction.compares.length} compares and ${transaction.ops.length} operations`;
      return Promise.reject(new Error(`A transaction of ${what} is too large for etcd; it takes ${MAX_OPS} of each.`));
    }
    if (this.#queue.length >= MAX_QUEUE) {
      return Promise.reject(
        new StoreUnavailable(`${MAX_QUEUE} transactions are waiting for etcd already; try again later.`),
      );
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...candidate, resolve, reject });
      this.#schedule();
    });
  }

  /** Refuses what waits, and resolves once what is under way has ended. */
  async close(reason: Error): Promise<void> {
    for (const { reject } of this.#queue.splice(0)) reject(reason);
    await Promise.all(this.#underWay);
  }

  /** After this turn's input has been read, so that requests that arrived together go together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#mayGo()) {
      const group = takeGroup(this.#queue, this.#busy);
      if (group.length === 0) return;
      for (const each of group) this.#busy.claim(each);
      const run = this.#run(group).finally(() => {
        for (const each of group) this.#busy.release(each);
        this.#underWay.delete(run);
        this.#schedule();
      });
      this.#underWay.add(run);
    }
  }

  #mayGo(): boolean {
    const enough = this.#underWay.size === 0 ? 1 : MAX_GROUPED;
    return this.#queue.length >= enough && this.#underWay.size < MAX_IN_FLIGHT;
  }

  /** Never rejects: every transaction of the group is told what came of it. */
  async #run(group: readonly Pending[]): Promise<void> {
    try {
      const outcomes = await this.#exchange(group.map(({ transaction }) => transaction));
      for (const [i, { resolve }] of group.entries()) resolve(outcomes[i]!);
    } catch (error) {
      // etcd refused the group for the sake of one of them, and did nothing.
      const forOne = error instanceof LeaseLost || error instanceof RequestTooLarge;
      if (forOne && group.length > 1) for (const each of group) await this.#run([each]);
      else for (const { reject } of group) reject(error);
    }
  }

  async #exchange(transactions: readonly Transaction[]): Promise<Outcome[]> {
    const [only] = transactions;
    if (only && transactions.length === 1) {
      const response = await this.#send(encodeTransaction(this.#keys, only));
      return [decodeTransaction(this.#keys, only, response, response.header)];
    }
    return decodeGroup(this.#keys, transactions, await this.#send(encodeGroup(this.#keys, transactions)));
  }
}
