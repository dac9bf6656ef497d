import { ApiClient } from '../../client/client.ts';
import { ServerRefusal } from '../../client/failure.ts';
import { readKubeconfig } from '../../client/kubeconfig.ts';
import type { SeenObject, Target, Verb } from '../../sim/history.ts';
import type { Recorder } from './recorder.ts';

const PATIENCE_MS = 15_000;
const METHODS: Readonly<Record<Verb, string>> = {
  ...{
    get: 'GET',
    list: 'GET',
    create: 'POST',
    update: 'PUT',
    patch: 'PATCH',
    delete: 'DELETE',
    evict: 'POST',
    scale: 'PATCH',
  },
};

export interface Question {
  readonly object?: SeenObject;
  readonly resourceVersion?: string;
  readonly graceSeconds?: number;
}

/** Where an object, or with an empty name its collection, is found. */
export function pathOf({ resource, namespace, name }: Target): string {
  const [group, plural] = resource.split('/') as [string, string];
  const root = group === '' ? '/api/v1' : `/apis/${group}/v1`;
  return [root, ...(namespace ? ['namespaces', namespace] : []), plural, ...(name ? [name] : [])].join('/');
}

/** A client that writes down what it asks and what it is told. */
export class Caller {
  readonly name: string;
  readonly client: ApiClient;
  readonly #recorder: Recorder;
  calls = 0;
  answers = 0;

  constructor(name: string, kubeconfig: string, recorder: Recorder) {
    this.name = name;
    this.client = new ApiClient(readKubeconfig(kubeconfig), { userAgent: name, maxSockets: 64 });
    this.#recorder = recorder;
  }

  /** The answer's object; undefined where the answer was no, or none came. */
  async ask(verb: Verb, target: Target, question: Question = {}): Promise<SeenObject | undefined> {
    const call = this.#recorder.number();
    this.calls += 1;
    this.#recorder.add({ type: 'asked', client: this.name, call, verb, target, ...question });
    try {
      const object = await this.#send(verb, target, question);
      this.answers += 1;
      this.#recorder.add({ type: 'answered', call, code: verb === 'create' || verb === 'evict' ? 201 : 200, object });
      return object;
    } catch (error) {
      if (error instanceof ServerRefusal && error.status.kind === 'Status' && error.status.reason) {
        this.answers += 1;
        // Of a server's own failure nobody knows whether the write was done.
        if (error.code < 500)
          this.#recorder.add({ type: 'answered', call, code: error.code, object: { ...error.status } });
      }
      return undefined;
    }
  }

  #send(verb: Verb, target: Target, { object, graceSeconds }: Question): Promise<SeenObject> {
    const path = pathOf(verb === 'create' ? { ...target, name: '' } : target);
    const sub = verb === 'evict' ? '/eviction' : verb === 'scale' ? '/scale' : '';
    const patches = verb === 'patch' || verb === 'scale';
    return this.client.json<SeenObject>(METHODS[verb], `${path}${sub}`, {
      ...(object && { body: object }),
      ...(graceSeconds !== undefined && { query: { gracePeriodSeconds: String(graceSeconds) } }),
      ...(patches && { contentType: 'application/merge-patch+json' }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  }
}
