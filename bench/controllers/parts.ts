import type { ApiObject } from '../../api/meta/object.ts';
import type { ApiClient } from '../../client/client.ts';
import { eventually } from '../../test/eventually.ts';
import type { ApiCell, StoreKind } from '../api/cell.ts';
import { atMost, type Figure } from '../report.ts';
import { cpuUse, ofProcess } from '../scheduler/cpu-use.ts';

export interface Context {
  readonly cell: ApiCell;
  readonly client: ApiClient;
  readonly kind: StoreKind;
  readonly scale: number;
  readonly nodeCount: number;
}

export interface Part {
  readonly name: string;
  /** In a cell without nodes, of which nothing is heard. */
  readonly atRest?: boolean;
  run(context: Context): Promise<Figure[]>;
}

const PATIENCE_MS = 120_000;
const AT_ONCE = 64;
const labels = (name: string) => ({ app: name });

/** Held by a gate: what is measured is who makes pods, not who places them. */
const template = (name: string, held = true) => ({
  metadata: { labels: labels(name) },
  spec: {
    ...(held && { schedulingGates: [{ name: 'bench/hold' }] }),
    containers: [{ name: 'main', image: 'none:1', resources: { requests: { cpu: '1m' } } }],
  },
});

const set = (kind: string, name: string, spec: object, held = true) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name },
  spec: { selector: { matchLabels: labels(name) }, template: template(name, held), ...spec },
});

const group = (namespace: string, plural: string) => `/apis/apps/v1/namespaces/${namespace}/${plural}`;

interface Counted extends ApiObject {
  readonly status?: { readonly replicas?: number; readonly currentNumberScheduled?: number };
}

/** Seconds from `begin` to the moment at which the object at `path` says so many. */
async function untilCounted(
  { client }: Context,
  path: string,
  count: number,
  read: (status: NonNullable<Counted['status']>) => number | undefined,
  begin: () => Promise<unknown>,
): Promise<number> {
  const startMs = performance.now();
  await begin();
  await eventually(
    `${count} at ${path}`,
    async () => (read((await client.get<Counted>(path)).status ?? {}) ?? 0) >= count,
    PATIENCE_MS,
  );
  return (performance.now() - startMs) / 1_000;
}

async function inNamespace(
  context: Context,
  name: string,
  work: (namespace: string) => Promise<Figure[]>,
): Promise<Figure[]> {
  const { client } = context;
  await client.json('POST', '/api/v1/namespaces', { body: { metadata: { name } } });
  try {
    return await work(name);
  } finally {
    await client.json('DELETE', `/api/v1/namespaces/${name}`);
    await untilGone(client, name);
  }
}

const untilGone = (client: ApiClient, namespace: string) =>
  eventually(
    `the end of ${namespace}`,
    () =>
      client.get(`/api/v1/namespaces/${namespace}`).then(
        () => false,
        () => true,
      ),
    PATIENCE_MS,
  );

async function forAll(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

const oneLarge: Part = {
  name: 'one Deployment',
  run: (context) =>
    inNamespace(context, 'large', async (namespace) => {
      const { client, kind, scale } = context;
      const replicas = 5_000 * scale;
      const path = group(namespace, 'deployments');
      const seconds = await untilCounted(
        context,
        `${path}/large`,
        replicas,
        ({ replicas: there }) => there,
        () => client.json('POST', path, { body: set('Deployment', 'large', { replicas }) }),
      );
      return [atMost(`a Deployment of ${replicas} has its pods`, seconds, 's', kind === 'etcd' ? 5 : 3)];
    }),
};

const manySmall: Part = {
  name: 'many Deployments',
  run: (context) =>
    inNamespace(context, 'small', async (namespace) => {
      const { client, scale } = context;
      const count = 1_000 * scale;
      const path = group(namespace, 'deployments');
      const startMs = performance.now();
      await forAll(count, (index) =>
        client.json('POST', path, { body: set('Deployment', `d${index}`, { replicas: 10 }) }),
      );
      await eventually(
        'all pods',
        async () => {
          const { items } = await client.get<{ items: Counted[] }>(path);
          return items.every(({ status }) => status?.replicas === 10);
        },
        PATIENCE_MS,
      );
      return [atMost(`${count} Deployments of 10 have their pods`, (performance.now() - startMs) / 1_000, 's', 10)];
    }),
};

const everyNode: Part = {
  name: 'a DaemonSet',
  run: (context) =>
    inNamespace(context, 'every', async (namespace) => {
      const { client, nodeCount } = context;
      const path = group(namespace, 'daemonsets');
      const seconds = await untilCounted(
        context,
        `${path}/every`,
        nodeCount,
        ({ currentNumberScheduled }) => currentNumberScheduled,
        () => client.json('POST', path, { body: set('DaemonSet', 'every', {}) }),
      );
      return [atMost(`a DaemonSet over ${nodeCount} nodes has its pods`, seconds, 's', 5)];
    }),
};

const makeMap = (client: ApiClient, namespace: string, index: number) =>
  client.json('POST', `/api/v1/namespaces/${namespace}/configmaps`, {
    body: { metadata: { name: `m${index}` }, data: { a: 'b' } },
  });

const emptied: Part = {
  name: 'a namespace',
  async run({ client, scale }) {
    const [name, count] = ['full', 10_000 * scale];
    await client.json('POST', '/api/v1/namespaces', { body: { metadata: { name } } });
    await forAll(count, (index) => makeMap(client, name, index));
    const startMs = performance.now();
    await client.json('DELETE', `/api/v1/namespaces/${name}`);
    await untilGone(client, name);
    return [atMost(`a namespace of ${count} objects is gone`, (performance.now() - startMs) / 1_000, 's', 10)];
  },
};

const IDLE_SECONDS = 20;

const idle: Part = {
  name: 'idle',
  atRest: true,
  async run(context) {
    const { client, cell, scale } = context;
    return inNamespace(context, 'idle', async (namespace) => {
      const replicas = 20_000 * scale;
      const maps = 30_000 * scale;
      const path = group(namespace, 'deployments');
      await forAll(maps, (index) => makeMap(client, namespace, index));
      await untilCounted(
        context,
        `${path}/still`,
        replicas,
        ({ replicas: there }) => there,
        () => client.json('POST', path, { body: set('Deployment', 'still', { replicas }) }),
      );
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      const files = { master: ofProcess(cell.masterPid) };
      const before = await cpuUse(files);
      await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1_000));
      const after = await cpuUse(files);
      const percent = (after.master! - before.master!) / (10 * IDLE_SECONDS);
      return [atMost(`the master at rest with ${replicas + maps} objects`, percent, '% of a core', 1)];
    });
  },
};

export const parts: readonly Part[] = [oneLarge, manySmall, everyNode, emptied, idle];
