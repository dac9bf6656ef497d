import { MIRROR_ANNOTATION } from '../../../api/core/mirror-pod.ts';
import { type Node, nodes } from '../../../api/core/node.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { isSameResource } from '../../../api/meta/definition.ts';
import { type ApiError, forbidden } from '../../../api/meta/errors.ts';
import { equalJson } from '../../../api/meta/json.ts';
import { controllerOf } from '../../../api/meta/object.ts';
import { csiNodes } from '../../../api/storage/csi-node.ts';
import type { AdmissionRequest, AdmissionRule } from '../../objects/admission/admission.ts';
import { nodeOfUser } from './node.ts';

const PROTECTED_DOMAIN = 'node-restriction.kubernetes.io';
const KUBERNETES_DOMAINS = ['kubernetes.io', 'k8s.io'];
const OWN_DOMAINS = ['kubelet.kubernetes.io', 'node.kubernetes.io'];
const OWN_LABELS: ReadonlySet<string> = new Set([
  ...['hostname', 'os', 'arch'].map((name) => `kubernetes.io/${name}`),
  ...['os', 'arch', 'instance-type'].map((name) => `beta.kubernetes.io/${name}`),
  ...['zone', 'region'].flatMap((name) => [
    `topology.kubernetes.io/${name}`,
    `failure-domain.beta.kubernetes.io/${name}`,
  ]),
]);

/**
 * What a node may not write even into its own objects (Kubernetes docs, "Admission Controllers", NodeRestriction): it makes no node
 * but itself, no pods but mirrors of its own, and does not move itself into another's pool by its labels and taints.
 */
export const nodeRestriction: AdmissionRule = {
  name: 'NodeRestriction',
  admit(request) {
    const user = request.context.requester;
    const node = user && nodeOfUser(user);
    if (node === undefined || request.operation === 'delete') return undefined;
    const { resource } = request;
    if (isSameResource(resource, nodes)) return nodeFault(node, request as AdmissionRequest<Node>);
    if (isSameResource(resource, pods)) return podFault(node, request as AdmissionRequest<Pod>);
    if (isSameResource(resource, csiNodes) && request.object.metadata?.name !== node)
      return refusal(request, `node "${node}" is not allowed to access CSINode "${request.object.metadata?.name}"`);
    return undefined;
  },
};

const refusal = ({ resource, object }: AdmissionRequest, why: string): ApiError =>
  forbidden(resource, object.metadata?.name ?? '', why);

function nodeFault(node: string, request: AdmissionRequest<Node>): ApiError | undefined {
  const { object, previous } = request;
  const asked = object.metadata?.name ?? '';
  const refuse = (why: string) => refusal(request as AdmissionRequest, why);
  if (asked !== node) return refuse(`node "${node}" is not allowed to modify node "${asked}"`);
  const changed = changedLabels(object, previous).filter(isProtected);
  if (changed.length > 0) return refuse(`is not allowed to modify labels: ${changed.join(', ')}`);
  if (!previous) return undefined;
  if (!equalJson(object.spec?.taints ?? [], previous.spec?.taints ?? []))
    return refuse(`node "${node}" is not allowed to modify taints`);
  if (!equalJson(object.metadata?.ownerReferences ?? [], previous.metadata?.ownerReferences ?? []))
    return refuse(`node "${node}" is not allowed to modify ownerReferences`);
  return undefined;
}

function changedLabels(object: Node, previous: Node | undefined): string[] {
  const after = object.metadata?.labels ?? {};
  const before = previous?.metadata?.labels ?? {};
  return [...new Set([...Object.keys(after), ...Object.keys(before)])]
    .filter((key) => after[key] !== before[key])
    .sort();
}

/** Of Kubernetes' own labels a node sets those that say what it is, and not those that say what it is for. */
function isProtected(key: string): boolean {
  const slash = key.indexOf('/');
  if (slash < 0) return false;
  const isWithin = (domain: string): boolean => `.${key.slice(0, slash)}`.endsWith(`.${domain}`);
  if (isWithin(PROTECTED_DOMAIN)) return true;
  return KUBERNETES_DOMAINS.some(isWithin) && !OWN_LABELS.has(key) && !OWN_DOMAINS.some(isWithin);
}

function podFault(node: string, request: AdmissionRequest<Pod>): ApiError | undefined {
  if (request.operation !== 'create') return undefined;
  const { object } = request;
  const refuse = (why: string) => refusal(request as AdmissionRequest, why);
  if (!object.metadata?.annotations?.[MIRROR_ANNOTATION])
    return refuse(`pod does not have "${MIRROR_ANNOTATION}" annotation, node "${node}" can only create mirror pods`);
  if (object.spec?.nodeName !== node)
    return refuse(`node "${node}" can only create pods with spec.nodeName set to itself`);
  const owner = controllerOf(object);
  if (owner && (owner.kind !== 'Node' || owner.name !== node))
    return refuse(`node "${node}" can only create pods with an owner reference set to itself`);
  const { volumes = [] } = object.spec;
  if (object.spec.serviceAccountName && object.spec.serviceAccountName !== 'default')
    return refuse(`node "${node}" can not create pods that reference a service account`);
  if (
    volumes.some(
      ({ secret, configMap, persistentVolumeClaim, projected }) =>
        secret || configMap || persistentVolumeClaim || projected?.sources?.some(({ downwardAPI }) => !downwardAPI),
    )
  )
    return refuse(`node "${node}" can not create pods that reference secrets, configmaps or persistentvolumeclaims`);
  return undefined;
}
