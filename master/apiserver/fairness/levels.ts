import type { User } from '../../user.ts';
import type { RequestInfo } from '../request.ts';

/**
 * Who goes before whom when the server is busy: the priority levels and flow schemas that Kubernetes suggests (Kubernetes docs, "API
 * Priority and Fairness", defaults), as tables.
 */

export type LevelName = 'exempt' | LimitedLevelName;
export type LimitedLevelName = keyof typeof LEVEL_SHARES;

/** Parts of the seats there are. */
export const LEVEL_SHARES = {
  'leader-election': 10,
  'node-high': 40,
  system: 30,
  'workload-high': 40,
  'workload-low': 100,
  'global-default': 20,
  'catch-all': 5,
} as const;

/** What a request is counted as. */
export interface FlowSchema {
  readonly name: string;
  readonly level: LevelName;
}

const schema = (name: string, level: LevelName): FlowSchema => ({ name, level });

export const SCHEMAS = {
  exempt: schema('exempt', 'exempt'),
  probes: schema('probes', 'exempt'),
  systemLeaderElection: schema('system-leader-election', 'leader-election'),
  workloadLeaderElection: schema('workload-leader-election', 'leader-election'),
  systemNodeHigh: schema('system-node-high', 'node-high'),
  systemNodes: schema('system-nodes', 'system'),
  controllerManager: schema('kube-controller-manager', 'workload-high'),
  scheduler: schema('kube-scheduler', 'workload-high'),
  kubeSystemAccounts: schema('kube-system-service-accounts', 'workload-high'),
  serviceAccounts: schema('service-accounts', 'workload-low'),
  globalDefault: schema('global-default', 'global-default'),
  catchAll: schema('catch-all', 'catch-all'),
} as const satisfies Record<string, FlowSchema>;

/** What one sort of users is counted as. */
export interface UserSchemas {
  readonly usually: FlowSchema;
  /** When a leader or a node says that it is alive. */
  readonly leases: FlowSchema;
  /** For nodes as objects. */
  readonly nodes: FlowSchema;
}

const all = (usually: FlowSchema, leases = usually, nodes = usually): UserSchemas => ({ usually, leases, nodes });

const USERS = {
  masters: all(SCHEMAS.exempt),
  node: all(SCHEMAS.systemNodes, SCHEMAS.systemNodeHigh, SCHEMAS.systemNodeHigh),
  controllerManager: all(SCHEMAS.controllerManager, SCHEMAS.systemLeaderElection),
  scheduler: all(SCHEMAS.scheduler, SCHEMAS.systemLeaderElection),
  kubeSystemAccount: all(SCHEMAS.kubeSystemAccounts, SCHEMAS.workloadLeaderElection),
  serviceAccount: all(SCHEMAS.serviceAccounts),
  person: all(SCHEMAS.globalDefault),
  nobody: all(SCHEMAS.catchAll),
} as const;

export function schemasOf({ name, groups }: User): UserSchemas {
  if (groups.includes('system:masters')) return USERS.masters;
  if (groups.includes('system:nodes')) return USERS.node;
  if (name === 'system:kube-controller-manager') return USERS.controllerManager;
  if (name === 'system:kube-scheduler') return USERS.scheduler;
  if (groups.includes('system:serviceaccounts:kube-system')) return USERS.kubeSystemAccount;
  if (groups.includes('system:serviceaccounts')) return USERS.serviceAccount;
  return groups.includes('system:authenticated') ? USERS.person : USERS.nobody;
}

/** The schema of one request. */
export function schemaOf(schemas: UserSchemas, info: RequestInfo): FlowSchema {
  if (info.type === 'health') return SCHEMAS.probes;
  if (info.type !== 'resource') return schemas.usually;
  if (info.group === 'coordination.k8s.io' && info.plural === 'leases' && LEASE_VERBS.has(info.verb)) {
    return schemas.leases;
  }
  const isNode = info.group === '' && info.plural === 'nodes' && info.subresource !== 'proxy';
  return isNode ? schemas.nodes : schemas.usually;
}

/** Those with which a lease is held. */
const LEASE_VERBS: ReadonlySet<string> = new Set(['get', 'create', 'update', 'patch']);

/** The seats of a level: its share of all, rounded up, as in Kubernetes. */
export function seatsOf(level: LimitedLevelName, all: number): number {
  const sum = Object.values(LEVEL_SHARES).reduce((a, b) => a + b, 0);
  return Math.max(1, Math.ceil((all * LEVEL_SHARES[level]) / sum));
}
