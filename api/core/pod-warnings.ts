import { isJsonObject, ownOf } from '../meta/json.ts';
import type { PodSpec } from './pod-spec.ts';
import type { Volume } from './volume.ts';

/**
 * Fields of pods that are kept but not acted on yet: neither scheduler, controllers nor agent honour them. Whoever uses one is
 * told so when the pod, or what it is made from, is written. A field leaves these tables when something acts on it.
 */

interface Unused {
  /** Below a pod spec or a container; `[]` stands for each item of a list. */
  readonly path: string;
  /** Values that ask for something that is not done. Default: any but false and empty ones. */
  readonly asks?: (value: unknown) => boolean;
}

const unless =
  (...honoured: unknown[]) =>
  (value: unknown): boolean =>
    !honoured.includes(value);
const when =
  (...ignored: unknown[]) =>
  (value: unknown): boolean =>
    ignored.includes(value);

/** Of the pod's and the containers' security context alike. */
const SECURITY: readonly Unused[] = [
  { path: 'securityContext.appArmorProfile.type', asks: unless('RuntimeDefault') },
  { path: 'securityContext.seLinuxOptions' },
  { path: 'securityContext.seccompProfile.type', asks: when('Localhost') },
  { path: 'securityContext.windowsOptions' },
];

const POD: readonly Unused[] = [
  { path: 'automountServiceAccountToken' },
  { path: 'ephemeralContainers' },
  { path: 'hostUsers', asks: when(false) },
  { path: 'hostnameOverride' },
  { path: 'imagePullSecrets' },
  { path: 'os.name', asks: unless('linux') },
  { path: 'resourceClaims' },
  { path: 'resources.limits' },
  { path: 'runtimeClassName' },
  { path: 'schedulingGroup' },
  { path: 'setHostnameAsFQDN' },
  { path: 'subdomain' },
  ...SECURITY,
  { path: 'securityContext.seLinuxChangePolicy' },
  { path: 'securityContext.supplementalGroupsPolicy', asks: when('Strict') },
];

const CONTAINER: readonly Unused[] = [
  { path: 'livenessProbe' },
  { path: 'readinessProbe' },
  { path: 'startupProbe' },
  { path: 'lifecycle.postStart' },
  { path: 'lifecycle.preStop.httpGet' },
  { path: 'lifecycle.preStop.sleep' },
  { path: 'lifecycle.preStop.tcpSocket' },
  { path: 'env[].valueFrom.fileKeyRef' },
  { path: 'resizePolicy' },
  { path: 'resources.claims' },
  { path: 'resources.limits.ephemeral-storage' },
  { path: 'restartPolicyRules' },
  ...SECURITY,
  { path: 'securityContext.procMount', asks: when('Unmasked') },
  { path: 'stdinOnce' },
  // The default of the path is filled in: only a path of one's own shows that the message is wanted.
  { path: 'terminationMessagePath', asks: unless('', '/dev/termination-log') },
  { path: 'terminationMessagePolicy', asks: when('FallbackToLogsOnError') },
  { path: 'volumeDevices' },
  { path: 'volumeMounts[].recursiveReadOnly', asks: when('Enabled', 'IfPossible') },
];

const PROJECTED: readonly Unused[] = [
  { path: 'volumes[].projected.sources[].clusterTrustBundle' },
  { path: 'volumes[].projected.sources[].podCertificate' },
  { path: 'volumes[].projected.sources[].serviceAccountToken' },
];

/** What the agent can mount. */
const VOLUME_KINDS: ReadonlySet<string> = new Set([
  'configMap',
  'downwardAPI',
  'emptyDir',
  'hostPath',
  'projected',
  'secret',
]);

/** An entry of a table with its path taken apart. */
interface Row {
  readonly unused: Unused;
  readonly names: readonly string[];
  /** The field it begins with. */
  readonly first: string;
}

function rowOf(unused: Unused): Row {
  const names = unused.path.split('.');
  return { unused, names, first: names[0]!.replace('[]', '') };
}

const POD_ROWS = [...POD, ...PROJECTED].map(rowOf);
const CONTAINER_ROWS = CONTAINER.map(rowOf);

/** Every path of the tables, for a test that each is a field of the schema. */
export const UNUSED_PATHS = {
  pod: [...POD, ...PROJECTED].map(({ path }) => path),
  container: CONTAINER.map(({ path }) => path),
};

/** A use of a field: what the field is called wherever it stands, and where it stands here. */
interface Use {
  readonly field: string;
  readonly path: string;
}

/**
 * Sentences about the fields of a pod spec that are not acted on, each field once however often it is used. `path` is where the
 * spec stands: `spec`, or `spec.template.spec`.
 */
export function podWarnings(spec: PodSpec | undefined, path: string): string[] {
  if (!spec) return [];
  const counts = new Map<string, { first: string; count: number }>();
  const uses: Use[] = [];
  findAll(spec, path, uses);
  for (const use of uses) {
    const known = counts.get(use.field);
    if (known) known.count += 1;
    else counts.set(use.field, { first: use.path, count: 1 });
  }
  return [...counts.values()].map(({ first, count }) => {
    const others = count > 1 ? ` (and ${count - 1} more)` : '';
    return `${first}${others}: kept, but this version of Stowage does not act on it`;
  });
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

function findInTable(value: object, path: string, table: readonly Row[], kind: string, found: Use[]): void {
  // Most have none of these fields: nothing more is done for one that is not there.
  for (const row of table) if (Object.hasOwn(value, row.first)) findAt(value, path, row, 0, kind, found);
}

/** Follows a row's path from its name at `depth` on, to every value that it leads to. */
function findAt(value: unknown, path: string, row: Row, depth: number, kind: string, found: Use[]): void {
  const name = row.names[depth];
  if (name === undefined) {
    if ((row.unused.asks ?? isSet)(value)) found.push({ field: kind + row.unused.path, path });
    return;
  }
  if (!isJsonObject(value)) return;
  const isList = name.endsWith('[]');
  const key = isList ? name.slice(0, -2) : name;
  const child = ownOf(value, key);
  if (child === undefined) return;
  if (!isList) findAt(child, `${path}.${key}`, row, depth + 1, kind, found);
  else if (Array.isArray(child))
    for (const [index, item] of child.entries()) findAt(item, `${path}.${key}[${index}]`, row, depth + 1, kind, found);
}

function findInVolume(volume: Volume, path: string, found: Use[]): void {
  for (const kind of Object.keys(volume))
    if (kind !== 'name' && !VOLUME_KINDS.has(kind)) found.push({ field: `volumes[].${kind}`, path: `${path}.${kind}` });
  const { medium, sizeLimit } = volume.emptyDir ?? {};
  if (medium && medium !== 'Memory')
    found.push({ field: 'volumes[].emptyDir.medium', path: `${path}.emptyDir.medium` });
  // Only a tmpfs has a size of its own.
  if (sizeLimit && medium !== 'Memory')
    found.push({ field: 'volumes[].emptyDir.sizeLimit', path: `${path}.emptyDir.sizeLimit` });
}

function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isJsonObject(value) ? Object.keys(value).length > 0 : Boolean(value);
}
