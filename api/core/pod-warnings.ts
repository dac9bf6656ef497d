import { DOCKER_VOLUMES } from './docker-volumes.ts';
import type { PodSpec } from './pod-spec.ts';
import { findInTable, rowOf, sentencesOn, type Unused, type Use, unless, when } from './unused-fields.ts';
import type { Volume } from './volume.ts';

/**
 * Fields of pods that are kept but not acted on yet: neither scheduler, controllers nor agent honour them. Whoever uses one is
 * told so when the pod, or what it is made from, is written. A field leaves these tables when something acts on it.
 */

/** Of the pod's and the containers' security context alike. */
const SECURITY: readonly Unused[] = [{ path: 'securityContext.windowsOptions' }];

const POD: readonly Unused[] = [
  { path: 'hostUsers', asks: when(false) },
  { path: 'os.name', asks: unless('linux') },
  { path: 'resourceClaims' },
  { path: 'runtimeClassName', but: ': only the overhead and the scheduling of its RuntimeClass count' },
  { path: 'schedulingGroup' },
  ...SECURITY,
  { path: 'securityContext.seLinuxChangePolicy' },
];

const CONTAINER: readonly Unused[] = [
  { path: 'lifecycle.postStart.tcpSocket' },
  { path: 'lifecycle.preStop.tcpSocket' },
  { path: 'env[].valueFrom.fileKeyRef' },
  { path: 'resources.claims' },
  { path: 'restartPolicyRules' },
  ...SECURITY,
];

const PROJECTED: readonly Unused[] = [
  { path: 'volumes[].projected.sources[].clusterTrustBundle' },
  { path: 'volumes[].projected.sources[].podCertificate' },
];

/** What the agent can mount. */
const VOLUME_KINDS: ReadonlySet<string> = new Set([
  'configMap',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'hostPath',
  'nfs',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

const POD_ROWS = [...POD, ...PROJECTED].map(rowOf);
const CONTAINER_ROWS = CONTAINER.map(rowOf);

/** Every path of the tables, for a test that each is a field of the schema. */
export const UNUSED_PATHS = {
  pod: [...POD, ...PROJECTED].map(({ path }) => path),
  container: CONTAINER.map(({ path }) => path),
};

/**
 * Sentences about the fields of a pod spec that are not acted on, each field once however often it is used. `path` is where the
 * spec stands: `spec`, or `spec.template.spec`.
 */
export function podWarnings(spec: PodSpec | undefined, path: string): string[] {
  if (!spec) return [];
  const uses: Use[] = [];
  findAll(spec, path, uses);
  return sentencesOn(uses);
}

/** Adds every use to `found`, in order. */
function findAll(spec: PodSpec, path: string, found: Use[]): void {
  findInTable(spec, path, POD_ROWS, '', found);
  for (const [index, volume] of (spec.volumes ?? []).entries())
    findInVolume(volume, `${path}.volumes[${index}]`, found);
  for (const list of ['initContainers', 'containers'] as const)
    for (const [index, container] of (spec[list] ?? []).entries())
      findInTable(container, `${path}.${list}[${index}]`, CONTAINER_ROWS, 'containers[].', found);
}

function findInVolume(volume: Volume, path: string, found: Use[]): void {
  for (const kind of Object.keys(volume))
    if (kind !== 'name' && !VOLUME_KINDS.has(kind) && volume.csi?.driver !== DOCKER_VOLUMES)
      found.push({ field: `volumes[].${kind}`, path: `${path}.${kind}` });
  const { medium } = volume.emptyDir ?? {};
  if (medium && medium !== 'Memory')
    found.push({ field: 'volumes[].emptyDir.medium', path: `${path}.emptyDir.medium` });
}
