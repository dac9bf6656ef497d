import type { SeenObject, Target, Verb } from '../history.ts';
import { pathOf, type Resource } from '../record/kinds.ts';
import type { Recorder } from '../record/recorder.ts';
import type { Client } from './client.ts';

/** One call, as the history has it. */
export interface Call {
  readonly verb: Verb;
  readonly resource: Resource;
  readonly namespace?: string;
  readonly name?: string;
  readonly object?: SeenObject;
  readonly graceSeconds?: number;
  /** A patch is about this part of the object. */
  readonly part?: 'resize';
}

/** What came back; undefined: nothing did, and whether it happened is not known. */
export type Outcome = { readonly code: number; readonly object: SeenObject } | undefined;

const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';

/** A client whose calls are written down, before and after. Never rejects. */
export class RecordedClient {
  readonly name: string;
  readonly #client: Client;
  readonly #recorder: Recorder;

  constructor(name: string, client: Client, recorder: Recorder) {
    this.name = name;
    this.#client = client;
    this.#recorder = recorder;
  }

  async call(asked: Call): Promise<Outcome> {
    const { verb, resource, namespace = '', name = '', object, graceSeconds } = asked;
    const call = this.#recorder.nextCall();
    const target: Target = { resource, namespace, name };
    const pinned = (object?.metadata as { resourceVersion?: string } | undefined)?.resourceVersion;
    this.#recorder.note({
      ...{ type: 'asked', client: this.name, call, verb, target },
      ...(object && { object }),
      ...(pinned && verb === 'update' && { resourceVersion: pinned }),
      ...(graceSeconds !== undefined && { graceSeconds }),
    });
    const [method, path, body, type] = lineOf(asked);
    const reply = await this.#client.request(method, path, body, type).catch(() => undefined);
    if (!reply) return undefined;
    const answer = JSON.parse(reply.body) as SeenObject;
    this.#recorder.note({ type: 'answered', call, code: reply.code, object: answer });
    return { code: reply.code, object: answer };
  }

  /** Follows a kind of all namespaces until it breaks off, from the list on. */
  async watch(resource: Resource): Promise<void> {
    const list = await this.#client.request('GET', pathOf(resource)).catch(() => undefined);
    if (list?.code !== 200) return;
    const { items, metadata } = JSON.parse(list.body);
    const from = metadata.resourceVersion as string;
    const watch = this.#recorder.nextWatch();
    const target = { resource, namespace: '', name: '' };
    this.#recorder.note({ type: 'watching', watch, client: this.name, target, from, initial: items });
    const path = `${pathOf(resource)}?watch=true&allowWatchBookmarks=true&resourceVersion=${from}`;
    return new Promise((resolve) => {
      let isOver = false;
      const over = () => {
        if (isOver) return;
        isOver = true;
        this.#recorder.note({ type: 'unwatched', watch });
        end();
        resolve();
      };
      const told = (line: string) => {
        const { type, object } = JSON.parse(line);
        if (type === 'ERROR') over();
        else if (!isOver) this.#recorder.note({ type: 'told', watch, change: type, object });
      };
      const end = this.#client.watch(path, { told, over });
    });
  }
}

/** Method, path, body and content type of a call. */
function lineOf(call: Call): [string, string, object?, string?] {
  const { verb, resource, namespace, name, object, graceSeconds, part } = call;
  const one = pathOf(resource, namespace, name);
  const all = pathOf(resource, namespace);
  switch (verb) {
    case 'get':
      return ['GET', one];
    case 'list':
      return ['GET', all];
    case 'create':
      return ['POST', all, object];
    case 'update':
      return ['PUT', one, object];
    case 'patch':
      return part ? ['PATCH', `${one}/${part}`, object, STRATEGIC] : ['PATCH', one, object, MERGE];
    case 'scale':
      return ['PATCH', `${one}/scale`, object, MERGE];
    case 'evict':
      return ['POST', `${one}/eviction`, object];
    case 'delete':
      return ['DELETE', one, graceSeconds === undefined ? undefined : { gracePeriodSeconds: graceSeconds }];
  }
}
