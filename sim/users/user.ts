import type { Rng } from '../../platform/rng.ts';
import type { SeenObject } from '../history.ts';
import { isNamespaced, type Resource } from '../record/kinds.ts';
import type { Life } from '../time/life.ts';
import { drawSurroundings, drawWork, heavyRequests, lightRequests, URGENT } from './manifests.ts';
import type { Outcome, RecordedClient } from './recorded-client.ts';

export interface UserParts {
  readonly client: RecordedClient;
  readonly namespace: string;
  readonly rng: Rng;
  readonly life: Life;
  /** From one act to the next, about. */
  readonly everyMs: number;
  /** Machines that can be drained. */
  readonly nodes: readonly string[];
}

interface SeenNode {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

const SCALED: readonly Resource[] = ['apps/deployments', 'apps/statefulsets'];
const WORK: readonly Resource[] = [...SCALED, 'apps/daemonsets', 'batch/jobs', 'batch/cronjobs', '/pods'];
const DRAINED_MS = 120_000;

/** By then every call has been answered, or will not be. */
const UNDER_WAY_MS = 45_000;

/**
 * A person with a namespace, who declares, changes, looks and deletes at random, and takes refusals as they come.
 *
 * Owns: the timer of the next act, and the nodes that this user has cordoned.
 */
export class User {
  readonly #parts: UserParts;
  readonly #cordoned = new Set<string>();
  #quits = false;

  constructor(parts: UserParts) {
    this.#parts = parts;
  }

  start(): void {
    void this.#create('/namespaces', { metadata: { name: this.#parts.namespace } });
    void this.#create('scheduling.k8s.io/priorityclasses', URGENT);
    this.#later();
  }

  /**
   * Asks for nothing new; gives back the nodes that it has taken out of service, takes away the quotas, so that all that is declared may run,
   * and suspends what begins something new by itself. Tries for as long as that takes.
   */
  async quit(): Promise<void> {
    this.#quits = true;
    // What is under way, of others who have the same namespace too, would come after what follows.
    await this.#pause(UNDER_WAY_MS);
    for (const node of this.#cordoned) await this.#insist(() => this.#cordon(node, false));
    this.#cordoned.clear();
    await this.#insist(() => this.#delete('/resourcequotas', 'all'));
    await this.#insist(() => this.#delete('stowage.dev/bandquotas', 'bands'));
    const { client, namespace } = this.#parts;
    const object = { spec: { suspend: true } };
    for (const name of ['cro-0', 'cro-1', 'cro-2'])
      await this.#insist(() => client.call({ verb: 'patch', resource: 'batch/cronjobs', namespace, name, object }));
  }

  async #insist(act: () => Promise<Outcome>): Promise<void> {
    for (;;) {
      const outcome = await act();
      if (outcome && outcome.code < 500 && outcome.code !== 429) return;
      await this.#pause(1_000);
    }
  }

  #later(): void {
    const { life, rng, everyMs } = this.#parts;
    life.after(2 * everyMs * rng.next(), 'user', () => {
      if (this.#quits) return;
      void this.#act();
      this.#later();
    });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#parts.life.after(ms, 'user', resolve));
  }

  #act(): Promise<unknown> {
    const { rng } = this.#parts;
    const acts: readonly (() => Promise<unknown>)[] = [
      () => this.#declare(drawWork(rng)),
      () => this.#declare(drawWork(rng)),
      () => this.#declare(drawSurroundings(rng)),
      () => this.#declare(drawSurroundings(rng)),
      () => this.#scale(),
      () => this.#scale(),
      () => this.#roll(),
      () => this.#rewrite(),
      () => this.#remove(),
      () => this.#withPod((name) => this.#evict(name)),
      () => this.#withPod((name) => this.#delete('/pods', name, rng.int(2) === 0 ? 0 : undefined)),
      () => this.#withPod((name) => this.#resize(name)),
      () => (rng.int(3) === 0 ? this.#giveUpNode() : this.#drain()),
      () => this.#look(),
    ];
    return (acts[rng.int(acts.length)] as () => Promise<unknown>)();
  }

  /** Makes it, or where it is there already takes it over as it is wished for now. */
  async #declare({ resource, name, object }: { resource: Resource; name: string; object: SeenObject }): Promise<void> {
    const made = await this.#create(resource, object);
    if (made?.code !== 409 || this.#parts.rng.int(2) === 0) return;
    const found = await this.#get(resource, name);
    if (found?.code !== 200) return;
    const metadata = { ...(found.object.metadata as object) };
    await this.#update(resource, name, { ...found.object, ...object, metadata });
  }

  async #scale(): Promise<void> {
    const { rng, client, namespace } = this.#parts;
    const resource = SCALED[rng.int(SCALED.length)] as Resource;
    const name = this.#nameOf(resource);
    await client.call({ verb: 'scale', resource, namespace, name, object: { spec: { replicas: rng.int(7) } } });
  }

  async #roll(): Promise<void> {
    const { rng, client, namespace } = this.#parts;
    const resource = (['apps/deployments', 'apps/statefulsets', 'apps/daemonsets'] as const)[rng.int(3)] as Resource;
    const name = this.#nameOf(resource);
    const annotations = { 'example.com/rolled': rng.suffix(5) };
    const object = { spec: { template: { metadata: { annotations } } } };
    await client.call({ verb: 'patch', resource, namespace, name, object });
  }

  /** Reads, changes and writes: of two who do so at once one is told that he came late. */
  async #rewrite(): Promise<void> {
    const { rng } = this.#parts;
    const found = await this.#get('/configmaps', 'settings');
    if (found?.code !== 200) return;
    await this.#update('/configmaps', 'settings', { ...found.object, data: { a: rng.suffix(4) } });
  }

  async #remove(): Promise<void> {
    const { rng } = this.#parts;
    const resource = WORK[rng.int(WORK.length)] as Resource;
    await this.#delete(resource, this.#nameOf(resource));
  }

  async #withPod(act: (name: string) => Promise<unknown>): Promise<void> {
    const { client, namespace, rng } = this.#parts;
    const found = await client.call({ verb: 'list', resource: '/pods', namespace });
    const items = (found?.object.items ?? []) as { metadata: { name: string } }[];
    const pod = items[rng.int(Math.max(1, items.length))];
    if (pod) await act(pod.metadata.name);
  }

  #evict(name: string): Promise<Outcome> {
    const { client, namespace } = this.#parts;
    return client.call({
      verb: 'evict',
      resource: '/pods',
      namespace,
      name,
      object: { metadata: { name, namespace } },
    });
  }

  /** Takes a node out of service, moves its pods away as far as their budgets allow, and later gives it back. */
  async #drain(): Promise<void> {
    const { client, nodes, rng } = this.#parts;
    const node = nodes[rng.int(nodes.length)];
    if (!node || this.#cordoned.has(node)) return;
    this.#cordoned.add(node);
    await this.#cordon(node, true);
    const found = await client.call({ verb: 'list', resource: '/pods', namespace: this.#parts.namespace });
    const items = (found?.object.items ?? []) as { metadata: { name: string }; spec: { nodeName?: string } }[];
    const there = items.filter(({ spec }) => spec.nodeName === node);
    // All at once, as `kubectl drain` does.
    await Promise.all(there.map(({ metadata }) => this.#evict(metadata.name)));
    await this.#pause(DRAINED_MS * rng.next());
    if (this.#quits) return;
    await this.#cordon(node, false);
    this.#cordoned.delete(node);
  }

  /** Takes a machine that is not heard of for lost for good, and its node out of the cell: by force, for nobody confirms it. */
  async #giveUpNode(): Promise<void> {
    const { client, rng } = this.#parts;
    const found = await client.call({ verb: 'list', resource: '/nodes' });
    const silent = ((found?.object.items ?? []) as SeenNode[]).filter(({ status }) =>
      status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'Unknown'),
    );
    const lost = silent[rng.int(Math.max(1, silent.length))];
    if (lost) await client.call({ verb: 'delete', resource: '/nodes', name: lost.metadata.name, graceSeconds: 0 });
  }

  /** More or less of the machine for a pod that runs ("Resize CPU and Memory Resources assigned to Containers"). */
  #resize(name: string): Promise<Outcome> {
    const { client, namespace, rng } = this.#parts;
    const requests = rng.int(3) === 0 ? heavyRequests(rng) : lightRequests(rng);
    const object = { spec: { containers: [{ name: 'app', resources: { requests } }] } };
    return client.call({ verb: 'patch', resource: '/pods', namespace, name, part: 'resize', object });
  }

  async #cordon(name: string, unschedulable: boolean): Promise<Outcome> {
    const object = { spec: { unschedulable: unschedulable || null } };
    return this.#parts.client.call({ verb: 'patch', resource: '/nodes', name, object });
  }

  async #look(): Promise<void> {
    const { client, namespace, rng } = this.#parts;
    const resource = WORK[rng.int(WORK.length)] as Resource;
    if (rng.int(2) === 0) await client.call({ verb: 'list', resource, namespace });
    else await this.#get(resource, this.#nameOf(resource));
  }

  #nameOf(resource: Resource): string {
    const { rng } = this.#parts;
    return `${resource.split('/')[1]?.slice(0, 3)}-${rng.int(resource === 'batch/jobs' ? 6 : 3)}`;
  }

  #get(resource: Resource, name: string): Promise<Outcome> {
    return this.#parts.client.call({ verb: 'get', resource, namespace: this.#parts.namespace, name });
  }

  #create(resource: Resource, object: SeenObject): Promise<Outcome> {
    const { client, namespace } = this.#parts;
    const name = (object.metadata as { name: string }).name;
    return client.call({
      verb: 'create',
      resource,
      namespace: isNamespaced(resource) ? namespace : '',
      name,
      object,
    });
  }

  #update(resource: Resource, name: string, object: SeenObject): Promise<Outcome> {
    return this.#parts.client.call({ verb: 'update', resource, namespace: this.#parts.namespace, name, object });
  }

  #delete(resource: Resource, name: string, graceSeconds?: number): Promise<Outcome> {
    return this.#parts.client.call({ verb: 'delete', resource, namespace: this.#parts.namespace, name, graceSeconds });
  }
}
