import { request } from 'node:https';
import { eventually } from './eventually.ts';
import type { RawApi } from './raw-api.ts';

export interface WatchedObject {
  readonly kind: string;
  readonly code?: number;
  readonly metadata: {
    readonly name?: string;
    readonly resourceVersion: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

export interface WatchedEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: WatchedObject;
}

/** A watch over HTTPS with all it has told. */
export class WatchStream {
  readonly events: WatchedEvent[] = [];
  /** Resolves with how long it lasted once the server has ended it; rejects when the connection breaks. */
  readonly ended: Promise<number>;
  /** Resolves once the server has begun to answer. */
  readonly begun: Promise<number>;
  readonly close: () => void;

  constructor(api: RawApi, path: string) {
    const startedMs = performance.now();
    const begun = Promise.withResolvers<number>();
    const ended = Promise.withResolvers<number>();
    const sent = request(`${api.url}${path}`, { ca: api.ca, ...api.identity, agent: false }, (response) => {
      begun.resolve(response.statusCode ?? 0);
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.events.push(JSON.parse(line) as WatchedEvent);
      });
      response.on('end', () => ended.resolve(performance.now() - startedMs));
      response.on('error', ended.reject);
    });
    sent.on('error', (error) => {
      begun.reject(error);
      ended.reject(error);
    });
    sent.end();
    this.begun = begun.promise;
    this.ended = ended.promise;
    // Whoever closes a watch does not wait for its end.
    this.ended.catch(() => {});
    this.close = () => sent.destroy();
  }

  /** Resolves once something told is as late as this. */
  async reaches(revision: number): Promise<void> {
    await eventually(`a watch to reach ${revision}`, () =>
      this.events.some((event) => revisionOf(event.object) >= revision),
    );
  }
}

export const revisionOf = ({ metadata }: WatchedObject): number => Number(metadata.resourceVersion);

/** Names with the revisions they were last written at: what a list holds, as events tell of it. */
export type State = Map<string, number>;

/** Takes an event in; a sentence where it does not fit what there is. */
export function follow(state: State, { type, object }: WatchedEvent): string | undefined {
  const name = object.metadata.name ?? '';
  const had = state.get(name);
  if (type === 'BOOKMARK' || type === 'ERROR') return undefined;
  if ((type === 'ADDED') !== (had === undefined)) return `${type} of ${name}, which was ${had ? 'there' : 'not there'}`;
  if (had !== undefined && revisionOf(object) <= had)
    return `${type} of ${name} at ${revisionOf(object)}, not after ${had}`;
  if (type === 'DELETED') state.delete(name);
  else state.set(name, revisionOf(object));
  return undefined;
}
