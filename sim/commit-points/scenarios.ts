import type { SeenObject } from '../history.ts';
import type { Resource } from '../record/kinds.ts';
import type { Outcome } from '../users/recorded-client.ts';

/** What scenarios do; each call is repeated until it is known to have happened. */
export interface Hand {
  create(resource: Resource, object: SeenObject): Promise<Outcome>;
  patch(resource: Resource, name: string, object: SeenObject): Promise<Outcome>;
  remove(resource: Resource, name: string): Promise<Outcome>;
  evict(name: string): Promise<Outcome>;
  /** Names of the pods there are, in order. */
  pods(): Promise<string[]>;
}

export const NAMESPACE = 'scenario';

/** A short piece of work for one controller: what there is before, and what is asked for. */
export interface Scenario {
  /** By it the scenario is chosen. */
  readonly name: string;
  before?(hand: Hand): Promise<void>;
  act(hand: Hand): Promise<void>;
  /** How long it takes until all is as it should be. Default 90 s. */
  readonly takesMs?: number;
}

const template = (app: string, words: readonly string[] = [], more: object = {}): SeenObject => ({
  metadata: { labels: { app } },
  spec: {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'app', image: 'app:1', ...(words.length > 0 && { command: words }) }],
    ...more,
  },
});

const selector = (app: string) => ({ matchLabels: { app } });
const metadata = { name: 'it' };

const deployment = (replicas: number): SeenObject => ({
  metadata,
  spec: { replicas, selector: selector('it'), template: template('it') },
});

const rolled = { spec: { template: { metadata: { annotations: { 'example.com/rolled': 'yes' } } } } };

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'deployment',
    before: async (hand) => void (await hand.create('apps/deployments', deployment(3))),
    act: async (hand) => void (await hand.patch('apps/deployments', 'it', rolled)),
    takesMs: 60_000,
  },
  {
    name: 'statefulset',
    act: async (hand) => {
      const spec = { replicas: 3, serviceName: 'it', selector: selector('it'), template: template('it') };
      await hand.create('apps/statefulsets', { metadata, spec });
    },
    takesMs: 120_000,
  },
  {
    name: 'daemonset',
    before: async (hand) => {
      await hand.create('apps/daemonsets', { metadata, spec: { selector: selector('it'), template: template('it') } });
    },
    act: async (hand) => void (await hand.patch('apps/daemonsets', 'it', rolled)),
  },
  {
    name: 'job',
    act: async (hand) => {
      const spec = { completions: 3, parallelism: 2, template: template('it', ['job'], { restartPolicy: 'Never' }) };
      await hand.create('batch/jobs', { metadata, spec });
    },
  },
  {
    name: 'cronjob',
    act: async (hand) => {
      const job = { spec: { template: template('it', ['job'], { restartPolicy: 'Never' }) } };
      await hand.create('batch/cronjobs', { metadata, spec: { schedule: '4 * * * *', jobTemplate: job } });
    },
    takesMs: 270_000,
  },
  {
    name: 'namespace',
    before: async (hand) => {
      await hand.create('apps/deployments', deployment(2));
      await hand.create('/secrets', { metadata, stringData: { a: 'b' } });
      await hand.create('/services', { metadata, spec: { selector: { app: 'it' }, ports: [{ port: 80 }] } });
    },
    act: async (hand) => void (await hand.remove('/namespaces', NAMESPACE)),
  },
  {
    name: 'garbage',
    before: async (hand) => void (await hand.create('apps/deployments', deployment(3))),
    act: async (hand) => void (await hand.remove('apps/deployments', 'it')),
  },
  {
    name: 'eviction',
    before: async (hand) => {
      await hand.create('apps/deployments', deployment(3));
      const spec = { maxUnavailable: 1, selector: selector('it') };
      await hand.create('policy/poddisruptionbudgets', { metadata, spec });
    },
    act: async (hand) => {
      const [first] = await hand.pods();
      if (first) await hand.evict(first);
    },
  },
  {
    name: 'volume',
    act: async (hand) => {
      const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
      await hand.create('/persistentvolumeclaims', { metadata, spec });
      const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'it' } }];
      const pod = template('it', [], { volumes }) as { spec: object };
      await hand.create('/pods', { metadata: { name: 'it', labels: { app: 'it' } }, spec: pod.spec });
    },
  },
];
