import { persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { volumeAttachments } from '../../../api/storage/volume-attachment.ts';
import { NODE_GROUP, NODE_USER_PREFIX } from '../../../proto/enrolment.ts';
import { referencesOf } from '../../agents/references.ts';
import type { CacheReader } from '../../store/cache.ts';
import type { User } from '../../user.ts';
import type { Action, Authorizer, ResourceAction, Rules, Verdict } from './authorizer.ts';
import { COMMON_NODE_RULES, NODE_RULES } from './node-rules.ts';
import { selectedValue } from './request-action.ts';
import { RuleTable } from './rule-table.ts';

/** The node a user speaks for, if it is one (Kubernetes docs, "Using Node Authorization"). */
export function nodeOfUser(user: User): string | undefined {
  if (!user.name.startsWith(NODE_USER_PREFIX) || !user.groups.includes(NODE_GROUP)) return undefined;
  return user.name.slice(NODE_USER_PREFIX.length) || undefined;
}

const NO_OPINION: Verdict = { allowed: false, reason: '' };
const ALLOWED: Verdict = { allowed: true, reason: '' };
const NO_RULES: Rules = { rules: [], faults: [] };
const LEASE_NAMESPACE = 'kube-node-lease';

type Test = (action: ResourceAction, node: string, view: CacheReader) => boolean;

const named: Test = ({ name }, node) => name === node;
/** A creation names no object yet; admission looks at what is created (`node-restriction.ts`). */
const namedOrNew: Test = (action, node) => action.verb === 'create' || action.name === node;
const narrowedTo =
  (field: string): Test =>
  ({ fieldSelector }, node) =>
    selectedValue(fieldSelector, field) === node;
const ownPod: Test = ({ namespace, name = '' }, node, view) => view.get(pods, namespace, name)?.spec?.nodeName === node;
const ownPodOrNarrowed: Test = (action, node, view) =>
  action.verb === 'create' ||
  (action.verb === 'get' || action.verb === 'delete'
    ? ownPod(action, node, view)
    : narrowedTo('spec.nodeName')(action, node, view));
/** Some pod on the node uses the object. */
const usedHere =
  (uses: (pod: Pod, action: ResourceAction, view: CacheReader) => boolean): Test =>
  (action, node, view) =>
    action.name !== undefined && view.podsOn(node).some((pod) => uses(pod as Pod, action, view));

const inNamespace = (pod: Pod, { namespace }: ResourceAction): boolean => pod.metadata?.namespace === namespace;
const refersTo = usedHere(
  (pod, action) =>
    inNamespace(pod, action) &&
    referencesOf(pod).some(({ plural, name }) => plural === action.resource && name === action.name),
);
const claims = (pod: Pod): string[] =>
  (pod.spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim?.claimName) return [persistentVolumeClaim.claimName];
    return ephemeral ? [`${pod.metadata?.name}-${name}`] : [];
  });
const claimsIt = usedHere((pod, action) => inNamespace(pod, action) && claims(pod).includes(action.name ?? ''));
const mountsVolume = usedHere((pod, { name }, view) =>
  claims(pod).some(
    (claim) => view.get(persistentVolumeClaims, pod.metadata?.namespace, claim)?.spec?.volumeName === name,
  ),
);
const runsAs = usedHere((pod, action) => inNamespace(pod, action) && pod.spec?.serviceAccountName === action.name);

/** By `group/resource[/subresource]`, then verb: which objects a node may do that to. */
const OWN: Readonly<Record<string, Readonly<Record<string, Test>>>> = {
  '/nodes': {
    create: namedOrNew,
    get: named,
    list: named,
    watch: named,
    patch: named,
    update: named,
  },
  '/nodes/status': { patch: named, update: named },
  '/pods': {
    create: ownPodOrNarrowed,
    delete: ownPodOrNarrowed,
    get: ownPodOrNarrowed,
    list: ownPodOrNarrowed,
    watch: ownPodOrNarrowed,
  },
  '/pods/status': { patch: ownPod, update: ownPod },
  '/pods/eviction': { create: ownPod },
  '/configmaps': { get: refersTo, list: refersTo, watch: refersTo },
  '/secrets': { get: refersTo, list: refersTo, watch: refersTo },
  '/persistentvolumeclaims': { get: claimsIt },
  '/persistentvolumeclaims/status': { get: claimsIt, patch: claimsIt, update: claimsIt },
  '/persistentvolumes': { get: mountsVolume },
  '/serviceaccounts': { get: runsAs },
  '/serviceaccounts/token': { create: runsAs },
  'storage.k8s.io/volumeattachments': {
    get: ({ name = '' }, node, view) => view.get(volumeAttachments, undefined, name)?.spec?.nodeName === node,
  },
  'storage.k8s.io/csinodes': each('create delete get patch update', namedOrNew),
  'coordination.k8s.io/leases': each(
    'create delete get patch update',
    (action, node, view) => action.namespace === LEASE_NAMESPACE && namedOrNew(action, node, view),
  ),
};

function each(verbs: string, test: Test): Record<string, Test> {
  return Object.fromEntries(verbs.split(' ').map((verb) => [verb, test]));
}

/** Lets a node see and report what concerns it: itself, its pods, and what those refer to. Others are none of its business. */
export class NodeAuthorizer implements Authorizer {
  readonly #view: CacheReader;
  readonly #common = new RuleTable<true>();

  constructor(view: CacheReader) {
    this.#view = view;
    for (const rule of COMMON_NODE_RULES) this.#common.add(rule, true);
  }

  authorize(user: User, action: Action): Verdict {
    const node = nodeOfUser(user);
    if (node === undefined || action.type !== 'resource') return NO_OPINION;
    if (this.#common.find(action)) return ALLOWED;
    const { group, resource, subresource, verb } = action;
    const test = OWN[`${group}/${resource}${subresource ? `/${subresource}` : ''}`]?.[verb];
    if (!test) return NO_OPINION;
    if (test(action, node, this.#view)) return ALLOWED;
    return { allowed: false, reason: `node '${node}' may do this only to itself, its pods and what they refer to` };
  }

  rulesFor(user: User): Rules {
    return nodeOfUser(user) === undefined ? NO_RULES : { rules: NODE_RULES, faults: [] };
  }
}
