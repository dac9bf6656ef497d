import {
  ApiException,
  CoreV1Api,
  CustomObjectsApi,
  type Informer,
  type KubeConfig,
  type KubernetesObject,
  makeInformer,
  type ObjectCache,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
} from '@kubernetes/client-node';

export const GROUP = 'hello.example.com';
const FINALIZER = `${GROUP}/farewell`;
const RETRY_MS = 200;

export interface Greeting extends KubernetesObject {
  spec: { whom: string };
  status?: { text?: string; observedGeneration?: number };
}

export const greetingDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `greetings.${GROUP}` },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: { plural: 'greetings', singular: 'greeting', kind: 'Greeting' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            properties: {
              spec: {
                type: 'object',
                required: ['whom'],
                properties: { whom: { type: 'string', minLength: 1 } },
              },
              status: {
                type: 'object',
                properties: { text: { type: 'string' }, observedGeneration: { type: 'integer' } },
              },
            },
          },
        },
      },
    ],
  },
};

/** What the controller needs, and nothing more. */
export const greetingRules = [
  { apiGroups: [GROUP], resources: ['greetings'], verbs: ['get', 'list', 'watch', 'patch'] },
  { apiGroups: [GROUP], resources: ['greetings/status'], verbs: ['patch'] },
  { apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch', 'create', 'update', 'delete'] },
];

/**
 * A controller as somebody would write it with the library: a ConfigMap for each Greeting, owned by it, the status says what stands in
 * it, and a finalizer lets it write a farewell before a Greeting goes.
 */
export class GreetingController {
  /** Whatever went wrong but for lost connections and lost races, which a controller just tries again. */
  readonly faults: string[] = [];
  readonly #core: CoreV1Api;
  readonly #custom: CustomObjectsApi;
  readonly #greetings: Informer<Greeting> & ObjectCache<Greeting>;
  readonly #configMaps: Informer<V1ConfigMap> & ObjectCache<V1ConfigMap>;
  readonly #namespace: string;
  readonly #queue = new Set<string>();
  #working: Promise<void> | undefined;
  #stopped = false;

  constructor(config: KubeConfig, namespace: string) {
    this.#namespace = namespace;
    this.#core = config.makeApiClient(CoreV1Api);
    this.#custom = config.makeApiClient(CustomObjectsApi);
    const list = () => this.#custom.listNamespacedCustomObject({ ...this.#kind });
    const path = `/apis/${GROUP}/v1/namespaces/${namespace}/greetings`;
    this.#greetings = makeInformer<Greeting>(config, path, list);
    const listMaps = () => this.#core.listNamespacedConfigMap({ namespace });
    this.#configMaps = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, listMaps);
    this.#follow(this.#greetings, (greeting) => greeting.metadata?.name);
    this.#follow(
      this.#configMaps,
      ({ metadata }) =>
        metadata?.ownerReferences?.find(({ kind, controller }) => kind === 'Greeting' && controller)?.name,
    );
  }

  async start(): Promise<void> {
    await Promise.all([this.#greetings.start(), this.#configMaps.start()]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([this.#greetings.stop(), this.#configMaps.stop()]);
    await this.#working;
  }

  get #kind() {
    return { group: GROUP, version: 'v1', namespace: this.#namespace, plural: 'greetings' };
  }

  #follow<T extends KubernetesObject>(informer: Informer<T>, keyOf: (object: T) => string | undefined): void {
    informer.on('change', (object) => this.#add(keyOf(object)));
    informer.on('error', () => setTimeout(() => !this.#stopped && void informer.start(), RETRY_MS));
  }

  #add(key: string | undefined): void {
    if (!key || this.#stopped) return;
    this.#queue.add(key);
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  async #work(): Promise<void> {
    for (const key of this.#queue) {
      this.#queue.delete(key);
      await this.#reconcile(key).catch((error: unknown) => {
        const code = error instanceof ApiException ? error.code : 0;
        if (![0, 404, 409, 429, 503].includes(code)) this.faults.push(`${key}: ${String(error)}`);
        setTimeout(() => this.#add(key), RETRY_MS);
      });
    }
  }

  async #reconcile(name: string): Promise<void> {
    const greeting = this.#greetings.get(name, this.#namespace);
    if (!greeting) return;
    const { metadata = {} } = greeting;
    const finalizers = metadata.finalizers ?? [];
    if (metadata.deletionTimestamp) return finalizers.includes(FINALIZER) ? this.#sayFarewell(greeting) : undefined;
    if (!finalizers.includes(FINALIZER)) {
      await this.#merge(name, {
        metadata: { finalizers: [...finalizers, FINALIZER], resourceVersion: metadata.resourceVersion },
      });
      return;
    }
    const text = `hello, ${greeting.spec.whom}`;
    await this.#write(greeting, text);
    const { status } = greeting;
    if (status?.text === text && status.observedGeneration === metadata.generation) return;
    const body = { status: { text, observedGeneration: metadata.generation } };
    await this.#custom.patchNamespacedCustomObjectStatus({ ...this.#kind, name, body }, MERGE);
  }

  async #write({ metadata = {} }: Greeting, text: string): Promise<void> {
    const { name = '', uid = '' } = metadata;
    const present = this.#configMaps.get(name, this.#namespace);
    if (present?.data?.text === text) return;
    const owner = {
      apiVersion: `${GROUP}/v1`,
      kind: 'Greeting',
      name,
      uid,
      controller: true,
      blockOwnerDeletion: true,
    };
    const namespace = this.#namespace;
    if (!present) {
      const body = { metadata: { name, ownerReferences: [owner] }, data: { text } };
      await this.#core.createNamespacedConfigMap({ namespace, body });
    } else await this.#core.replaceNamespacedConfigMap({ namespace, name, body: { ...present, data: { text } } });
  }

  async #sayFarewell({ metadata = {}, spec }: Greeting): Promise<void> {
    const namespace = this.#namespace;
    const body = { metadata: { name: `farewell-${metadata.name}` }, data: { text: `farewell, ${spec.whom}` } };
    await this.#core.createNamespacedConfigMap({ namespace, body }).catch((error: unknown) => {
      if (!(error instanceof ApiException && error.code === 409)) throw error;
    });
    const finalizers = metadata.finalizers?.filter((each) => each !== FINALIZER);
    await this.#merge(metadata.name ?? '', { metadata: { finalizers, resourceVersion: metadata.resourceVersion } });
  }

  #merge(name: string, body: object): Promise<unknown> {
    return this.#custom.patchNamespacedCustomObject({ ...this.#kind, name, body }, MERGE);
  }
}

const MERGE = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
