import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { authSettings } from './auth-settings.ts';
import { BadValue, choice, type Setting, text, toggle, urls, type Values, wholeNumber } from './config.ts';
import { etcdAccessSettings } from './etcd-settings.ts';
import { guardSettings } from './guard-settings.ts';
import { imageSettings } from './image-settings.ts';
import { logSettings } from './log-settings.ts';
import { networkSettings } from './network-settings.ts';
import { nodeSettings } from './node-settings.ts';
import { partsSettings } from './parts-settings.ts';
import { podSettings } from './pod-settings.ts';

/** What machine and user the defaults are for. */
export interface Surroundings {
  readonly uid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly hostname: string;
}

export const surroundings = (): Surroundings => ({
  uid: process.getuid?.() ?? 0,
  env: process.env,
  home: homedir(),
  hostname: hostname(),
});

/** Where a cell lives unless told otherwise: the system's place for root, the user's own place for others. */
export function defaultDataDir({ uid, env, home }: Surroundings): string {
  if (uid === 0) return '/var/lib/stowage';
  return join(env.XDG_DATA_HOME || join(home, '.local', 'share'), 'stowage');
}

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
const MAX_PORT = 65_535;
/** Where Kubernetes' agents serve theirs. */
const AGENT_METRICS_PORT = 10_250;
export const DEFAULT_ETCD_PREFIX = '/stowage';

const dataDir = (around: Surroundings) =>
  text<string>({
    name: 'data-dir',
    placeholder: 'dir',
    description: 'where keys, state and logs are kept',
    fallback: defaultDataDir(around),
  });
const dockerHost = text<string | undefined>({
  name: 'docker-host',
  placeholder: 'url',
  description: 'Docker engine: unix:///path or tcp://host:port (default: DOCKER_HOST, else the local socket)',
  fallback: undefined,
});
const nodeName = ({ hostname: name }: Surroundings): Setting<string> => ({
  name: 'node-name',
  placeholder: 'name',
  description: 'name of this machine in the cell',
  fallback: nodeNameFrom(name),
  read: (value) => {
    if (value.length > 63 || !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(value)) {
      throw new BadValue(
        'must consist of at most 63 lower-case letters, digits, dots and dashes, with a letter or digit at each end',
      );
    }
    return value;
  },
});
const metricsPort = (fallback: number) =>
  wholeNumber<number>({
    name: 'metrics-port',
    placeholder: 'port',
    description: "port of the agent's /metrics; 0 is any free one",
    fallback,
    least: 0,
    most: MAX_PORT,
  });
const logLevel = (fallback: (typeof LOG_LEVELS)[number]) =>
  choice({
    name: 'log-level',
    placeholder: 'level',
    description: LOG_LEVELS.join(', '),
    fallback,
    values: LOG_LEVELS,
  });

/** A host name as a node name: lower case, other characters as dashes. */
export const nodeNameFrom = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 63) || 'node';

const toleration = (name: string, description: string, fallback: number) =>
  wholeNumber<number>({ name, placeholder: 'seconds', description, fallback, least: 0, most: 86_400 });

const masterSettingsFor = (around: Surroundings, level: (typeof LOG_LEVELS)[number]) => ({
  dataDir: dataDir(around),
  port: wholeNumber<number>({
    name: 'port',
    placeholder: 'port',
    description: 'port of the API, and of the agents',
    fallback: 6443,
    least: 1,
    most: MAX_PORT,
  }),
  bindAddress: text<string>({
    name: 'bind-address',
    placeholder: 'address',
    description: 'address to listen on',
    fallback: '0.0.0.0',
  }),
  advertiseAddress: text<string | undefined>({
    name: 'advertise-address',
    placeholder: 'address',
    description:
      'where agents and other masters reach this one (default: --bind-address, or the one of the default route)',
    fallback: undefined,
  }),
  store: choice({
    name: 'store',
    placeholder: 'kind',
    description: 'sqlite (in the data directory) or etcd',
    fallback: 'sqlite',
    values: ['sqlite', 'etcd'],
  }),
  etcdEndpoints: urls({
    name: 'etcd-endpoints',
    placeholder: 'urls',
    description: 'etcd servers, separated by commas',
    fallback: ['http://127.0.0.1:2379'],
  }),
  etcdPrefix: text<string>({
    name: 'etcd-prefix',
    placeholder: 'prefix',
    description: 'where in etcd this cell keeps its keys, when several share one etcd',
    fallback: DEFAULT_ETCD_PREFIX,
  }),
  ...etcdAccessSettings,
  kubeconfig: text<string | undefined>({
    name: 'kubeconfig',
    placeholder: 'file',
    description: 'where to write how to reach the cell (default: kubeconfig in the data directory)',
    fallback: undefined,
  }),
  nodeGrace: wholeNumber<number>({
    name: 'node-grace',
    placeholder: 'seconds',
    description: 'seconds after which a node of which no master hears counts as lost',
    fallback: 40,
    least: 1,
    most: 86_400,
  }),
  defaultNotReadyTolerationSeconds: toleration(
    'default-not-ready-toleration-seconds',
    'seconds that pods stay on a node that is not ready, unless they say so',
    300,
  ),
  defaultUnreachableTolerationSeconds: toleration(
    'default-unreachable-toleration-seconds',
    'seconds that pods stay on a node that is lost, unless they say so',
    2,
  ),
  prometheusUrl: {
    ...text<string | undefined>({
      name: 'prometheus-url',
      placeholder: 'url',
      description: 'where autoscalers find metrics of applications: http://HOST:9090',
      fallback: undefined,
    }),
    read: (value: string): string | undefined => {
      if (!/^https?:\/\/[^\s?#]+$/.test(value)) throw new BadValue('must be like http://HOST:9090');
      return value;
    },
  },
  logLevel: logLevel(level),
  ...authSettings,
  ...guardSettings,
  ...networkSettings,
});

/** Settings of `stowctl master`. */
export const masterSettings = (around: Surroundings) => ({ ...masterSettingsFor(around, 'info'), ...partsSettings });

/** Settings of `stowctl up`: the master's, this machine's agent's, and the demo's. */
export const upSettings = (around: Surroundings) => ({
  ...masterSettingsFor(around, 'warn'),
  nodeName: nodeName(around),
  dockerHost,
  // Several cells may live on one machine.
  metricsPort: metricsPort(0),
  ...nodeSettings,
  ...podSettings,
  ...imageSettings,
  ...logSettings,
  noAgent: toggle({ name: 'no-agent', description: 'run the master alone' }),
  noDemo: toggle({ name: 'no-demo', description: 'submit no examples' }),
});

/** Settings of `stowctl agent`. */
export const agentSettings = (around: Surroundings) => ({
  master: {
    name: 'master',
    placeholder: 'urls',
    description: 'a master to join, https://HOST:PORT, or several separated by commas; it tells of the others',
    fallback: [] as readonly string[],
    read: (value: string): readonly string[] =>
      value.split(',').map((each) => {
        const url = each.trim();
        if (!/^https:\/\/[^/\s]+\/?$/.test(url))
          throw new BadValue('must be like https://HOST:6443, or several of these separated by commas');
        return url.replace(/\/$/, '');
      }),
  },
  token: text<string | undefined>({
    name: 'token',
    placeholder: 'token',
    description: 'what lets it in: a token of `stowctl token create`',
    fallback: undefined,
  }),
  dataDir: dataDir(around),
  nodeName: nodeName(around),
  dockerHost,
  metricsPort: metricsPort(AGENT_METRICS_PORT),
  ...nodeSettings,
  ...podSettings,
  ...imageSettings,
  ...logSettings,
  logLevel: logLevel('info'),
});

/** Settings of `stowctl down` and `stowctl kubeconfig`. */
export const placeSettings = (around: Surroundings) => ({ dataDir: dataDir(around), dockerHost });

const optionalText = (name: string, placeholder: string, description: string) =>
  text<string | undefined>({ name, placeholder, description, fallback: undefined });

/** Settings of the client commands. */
export const clientSettings = (around: Surroundings) => ({
  dataDir: dataDir(around),
  kubeconfig: optionalText('kubeconfig', 'file', 'how to reach the cell'),
  context: optionalText('context', 'name', 'context of the kubeconfig to use'),
  namespace: optionalText('namespace', 'name', 'namespace to work in'),
});

/** Settings of `stowctl scheduler`. */
export const schedulerSettings = () => ({
  kubeconfig: optionalText('kubeconfig', 'file', 'how to reach the API server, and as whom'),
  context: optionalText('context', 'name', 'context of the kubeconfig to use'),
  schedulerName: text<string>({
    name: 'scheduler-name',
    placeholder: 'name',
    description: 'pods with this spec.schedulerName are placed',
    fallback: 'default-scheduler',
  }),
  leaderElect: choice({
    name: 'leader-elect',
    placeholder: 'true|false',
    description: 'wait for the Lease in kube-system, so that several may run and one of them places pods',
    fallback: 'true',
    values: ['true', 'false'],
  }),
  logLevel: logLevel('info'),
});

export type ClientValues = Values<ReturnType<typeof clientSettings>>;
export type MasterValues = Values<ReturnType<typeof masterSettings>>;
export type UpValues = Values<ReturnType<typeof upSettings>>;
export type AgentValues = Values<ReturnType<typeof agentSettings>>;
export type SchedulerValues = Values<ReturnType<typeof schedulerSettings>>;
export type PlaceValues = Values<ReturnType<typeof placeSettings>>;

/** Every name that a config file may hold. */
export const allSettingNames = (around: Surroundings): string[] =>
  [
    upSettings(around),
    masterSettings(around),
    agentSettings(around),
    schedulerSettings(),
    clientSettings(around),
  ].flatMap((settings) => Object.values(settings).map(({ name }) => name));
