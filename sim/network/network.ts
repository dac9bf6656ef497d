import type { Rng } from '../../platform/rng.ts';
import type { Timeline } from '../time/timeline.ts';
import { Connection, type End } from './connection.ts';

export const FAIR_LATENCY_MS: readonly [number, number] = [0.2, 2];

/**
 * Who can reach whom, and how fast. Hosts have names; the store is one too.
 *
 * Owns: what is cut, and every open connection.
 */
export class Network {
  readonly timeline: Timeline;
  /** A message takes so long, at least and at most. */
  latencyMs = FAIR_LATENCY_MS;
  readonly #rng: Rng;
  readonly #cut = new Set<string>();
  readonly #connections = new Set<Connection>();

  constructor(timeline: Timeline, rng: Rng) {
    this.timeline = timeline;
    this.#rng = rng;
  }

  reaches(from: string, to: string): boolean {
    return this.#cut.size === 0 || !this.#cut.has(`${from}>${to}`);
  }

  delayMs(): number {
    const [least, most] = this.latencyMs;
    return least + (most - least) * this.#rng.next();
  }

  /** Nothing gets from one to the other any more; the other way is another matter. */
  cut(from: string, to: string): void {
    this.#cut.add(`${from}>${to}`);
    for (const connection of this.#between(from, to)) connection.stall();
  }

  heal(from: string, to: string): void {
    this.#cut.delete(`${from}>${to}`);
    for (const connection of this.#between(from, to)) connection.flow();
  }

  /** Both ways. */
  isolate(one: string, other: string): void {
    this.cut(one, other);
    this.cut(other, one);
  }

  rejoin(one: string, other: string): void {
    this.heal(one, other);
    this.heal(other, one);
  }

  healAll(): void {
    this.#cut.clear();
    for (const connection of [...this.#connections]) connection.flow();
  }

  /** Between two processes that have agreed on it. */
  connect(ends: readonly [End, End]): Connection {
    const connection = new Connection(this, ends, () => this.#connections.delete(connection));
    this.#connections.add(connection);
    return connection;
  }

  /** Connections are lost on the way, as when a router between the two starts anew. */
  reset(one: string, other: string): void {
    for (const connection of this.#between(one, other)) connection.break('the connection was reset');
  }

  get connections(): number {
    return this.#connections.size;
  }

  #between(one: string, other: string): Connection[] {
    return [...this.#connections].filter(({ hosts }) => hosts.includes(one) && hosts.includes(other));
  }
}
