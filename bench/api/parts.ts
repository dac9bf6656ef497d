import type { ApiClient } from '../../client/client.ts';
import { atLeast, atMost, type Figure, known } from '../report.ts';
import { cpuUse, ofMainThread, ofProcess } from '../scheduler/cpu-use.ts';
import type { ApiCell, StoreKind } from './cell.ts';
import type { Call } from './connection.ts';
import { etcdWaits, waitsBetween } from './etcd-waits.ts';
import type { Load } from './load.ts';
import type { Rate, Stream } from './requests.ts';
import { gatedPod } from './seed.ts';

export interface Context {
  readonly cell: ApiCell;
  readonly client: ApiClient;
  readonly kind: StoreKind;
  readonly scale: number;
  readonly podCount: number;
  readonly nodeCount: number;
  readonly requests: Load;
  readonly watchers: Load;
  say(progress: string): void;
}

export interface Part {
  readonly name: string;
  run(context: Context): Promise<Figure[]>;
}

const CONNECTIONS = 64;
const SECONDS = 8;
const WARM_UP = 4_000;
const PODS = '/api/v1/namespaces/default/pods';
const MAPS = '/api/v1/namespaces/default/configmaps';
const CREATES: Readonly<Record<StoreKind, number>> = { etcd: 2_500, sqlite: 4_000 };
const MAX_LIST_SECONDS = 1.5;
const MAX_LATENCY_MS = 100;
const WATCHERS = 1_000;
const CHANGES_PER_SECOND = 500;

/** Names that no earlier stream has taken. */
let serial = 0;

const gets = ({ cell: { access }, podCount }: Context): Omit<Stream, 'connections' | 'seconds'> => ({
  access,
  template: { method: 'GET', path: `${PODS}/pod-$i` },
  period: podCount,
});

const post = (path: string, body: object): Call => ({ method: 'POST', path, body: JSON.stringify(body) });

const mapNamed = (name: string, text: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { text },
});

const get: Part = {
  name: 'gets',
  async run(context) {
    const { rate, cpu } = await measured(context, {
      ...gets(context),
      connections: CONNECTIONS,
      seconds: SECONDS,
      warmUp: WARM_UP,
    });
    return [atLeast('gets', rate.perSecond, '/s', 8_000), known('gets, p99', rate.p99Ms, 'ms'), ...cpu('get')];
  },
};

const creates = (name: string, path: string, object: (name: string) => object, target: number | undefined): Part => ({
  name: `creates of ${name}`,
  async run(context) {
    const template = post(path, object(`made-${serial++}-$i`));
    const stream = {
      access: context.cell.access,
      template,
      connections: CONNECTIONS,
      seconds: SECONDS,
      warmUp: WARM_UP / 2,
    };
    const { rate, cpu } = await measured(context, stream);
    const title = `creates of ${name}`;
    const goal = target ?? CREATES[context.kind];
    return [
      atLeast(title, rate.perSecond, '/s', goal),
      known(`${title}, p99`, rate.p99Ms, 'ms'),
      ...cpu(`create of ${name}`),
    ];
  },
});

/** The stream, and what it cost the master. */
async function measured({ cell, requests }: Context, stream: Stream) {
  const { warmUp = 0 } = stream;
  if (warmUp > 0) await requests.do('stream', { ...stream, seconds: 0 });
  const files = {
    "the master's main thread": ofMainThread(cell.masterPid),
    master: ofProcess(cell.masterPid),
    load: ofProcess(requests.pid),
  };
  const before = await cpuUse(files);
  const from = stream.period ? 0 : 2 * warmUp;
  const rate: Rate = await requests.do('stream', { ...stream, warmUp: 0, from });
  const after = await cpuUse(files);
  const cpu = (what: string) =>
    Object.keys(files).map((name) =>
      known(`CPU of ${name} a ${what}`, (1_000 * (after[name]! - before[name]!)) / rate.count, 'us'),
    );
  return { rate, cpu };
}

const PROTOBUF = 'application/vnd.kubernetes.protobuf';

const lists: Part = {
  name: 'lists',
  async run({ cell: { access }, requests, say }) {
    const figures: Figure[] = [];
    const variants: [string, Record<string, string>, number?][] = [
      ['plain', {}],
      ['gzip', { 'accept-encoding': 'gzip' }],
      ['protobuf', { accept: `${PROTOBUF},application/json` }],
      ['pages of 500', {}, 500],
      ['as a Table', { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }],
    ];
    for (const [name, headers, limit] of variants) {
      const call = { method: 'GET', path: '/api/v1/pods', headers };
      await requests.do('fetchList', { access, call, limit });
      const all = [];
      for (let round = 0; round < 3; round++) all.push(await requests.do('fetchList', { access, call, limit }));
      const best = all.sort((a, b) => a.ms - b.ms)[1]!;
      say(
        `${name}: ${all.map(({ ms }) => Math.round(ms)).join(', ')} ms; ${/content-type: [^\r]*/i.exec(best.head)?.[0]}`,
      );
      figures.push(atMost(`list, ${name}, median of 3`, best.ms / 1_000, 's', MAX_LIST_SECONDS));
      figures.push(known(`list, ${name}`, best.bytes / 1e6, 'MB'));
    }
    return figures;
  },
};

interface Watched {
  readonly name: string;
  /** `$i`: the watcher. */
  readonly path: string;
  prepare(context: Context): Promise<void>;
  change(context: Context): Omit<Stream, 'connections' | 'seconds' | 'access'>;
}

const MERGE = { 'content-type': 'application/merge-patch+json' };

/** As agents watch: each its own node's pods. */
const ownPods: Watched = {
  name: 'each of its node',
  path: '/api/v1/pods?watch=true&fieldSelector=spec.nodeName%3Dnode-$i',
  prepare: async () => {},
  change: ({ scale, nodeCount }) => ({
    template: {
      method: 'PATCH',
      path: `${PODS}/pod-$i/status`,
      headers: MERGE,
      body: '{"status":{"message":"at-$at"}}',
    },
    period: Math.min(WATCHERS * scale, nodeCount),
  }),
};

/** Every watcher hears every change. */
const sameMaps: Watched = {
  name: 'all of all',
  path: `${MAPS}?watch=true&labelSelector=watched%3Dyes`,
  async prepare({ client }) {
    for (let i = 0; i < CHANGES_PER_SECOND; i++) {
      const body = { ...mapNamed(`watched-${i}`, ''), metadata: { name: `watched-${i}`, labels: { watched: 'yes' } } };
      await client.json('POST', MAPS, { body }).catch(() => {});
    }
  },
  change: () => ({
    template: { method: 'PATCH', path: `${MAPS}/watched-$i`, headers: MERGE, body: '{"data":{"text":"at-$at"}}' },
    period: CHANGES_PER_SECOND,
  }),
};

const watches = (watched: Watched): Part => ({
  name: `watch, ${watched.name}`,
  async run(context) {
    const { cell, watchers, requests, scale, say } = context;
    const { access } = cell;
    await watched.prepare(context);
    await watchers.do('watch', { access, path: watched.path, count: WATCHERS * scale });
    try {
      const stream = { access, ...watched.change(context), connections: 16, perSecond: CHANGES_PER_SECOND };
      await requests.do('stream', { ...stream, seconds: 2 });
      await watchers.do('heard', {});
      const files = { master: ofProcess(cell.masterPid), load: ofProcess(watchers.pid) };
      const before = await cpuUse(files);
      const rate = await requests.do('stream', { ...stream, seconds: SECONDS });
      const heard = await watchers.do('heard', {});
      const after = await cpuUse(files);
      say(
        `${Math.round(rate.perSecond)} changes/s, ${heard.events} events, ${(heard.bytes / 1e6).toFixed(0)} MB, ${heard.closed} cut`,
      );
      const title = `watch, ${watched.name}`;
      const percent = (name: 'master' | 'load') => (after[name]! - before[name]!) / (10 * SECONDS);
      return [
        known(`${title}, changes`, rate.perSecond, '/s'),
        known(`${title}, events`, heard.events / SECONDS, '/s'),
        known(`${title}, lag p50`, heard.p50Ms, 'ms'),
        atMost(`${title}, lag p99`, heard.p99Ms, 'ms', MAX_LATENCY_MS),
        known(`${title}, CPU of the master`, percent('master'), '% of a core'),
        known(`${title}, CPU of the watchers`, percent('load'), '% of a core'),
      ];
    } finally {
      await watchers.do('unwatch', {});
    }
  },
});

/** Gets, creates, changes, lists and watches at once, at rates that leave the machine room. */
const together: Part = {
  name: 'together',
  async run(context) {
    const { cell, watchers, requests, scale } = context;
    const { access } = cell;
    await watchers.do('watch', { access, path: ownPods.path, count: WATCHERS * scale });
    try {
      const with_ = (perSecond: number, seconds = SECONDS) => ({ access, connections: 16, perSecond, seconds });
      const template = post(PODS, gatedPod(`together-${serial++}-$i`));
      // What watchers hear first is what there was, with the marks of earlier parts.
      await requests.do('stream', { ...ownPods.change(context), ...with_(CHANGES_PER_SECOND, 2) });
      await watchers.do('heard', {});
      const listing = async () => {
        const call = { method: 'GET', path: '/api/v1/pods', headers: {} };
        for (let i = 0; i < 3; i++) await watchers.do('fetchList', { access, call, limit: 500 });
      };
      const waits = async () => cell.etcdEndpoint && (await etcdWaits(cell.etcdEndpoint));
      const before = await waits();
      const [got, made, changed] = await Promise.all([
        requests.do('stream', { ...gets(context), ...with_(1_000) }),
        requests.do('stream', { template, ...with_(200) }),
        requests.do('stream', { ...ownPods.change(context), ...with_(CHANGES_PER_SECOND) }),
        listing(),
      ]);
      const after = await waits();
      const heard = await watchers.do('heard', {});
      return [
        ...(before && after ? waitsBetween('together', before, after) : []),
        ...Object.entries({ get: got, create: made, change: changed }).map(([name, { p99Ms }]) =>
          atMost(`together, ${name} p99`, p99Ms, 'ms', MAX_LATENCY_MS),
        ),
        atMost('together, watch lag p99', heard.p99Ms, 'ms', MAX_LATENCY_MS),
      ];
    } finally {
      await watchers.do('unwatch', {});
    }
  },
};

/** Those that add to the cell come after those that read it. */
export const parts: readonly Part[] = [
  get,
  lists,
  watches(ownPods),
  watches(sameMaps),
  together,
  creates('ConfigMaps', MAPS, (name) => mapNamed(name, 'x'.repeat(900)), undefined),
  creates('pods', PODS, gatedPod, undefined),
];
