import { pods } from '../../api/core/pod.ts';
import { decode } from '../../api/meta/decode.ts';
import type { FieldError } from '../../api/meta/errors.ts';
import { validateMetadata } from '../../api/meta/validation.ts';
import { yaml } from '../../platform/yaml.ts';
import { type Pod, specOf } from '../pod-types.ts';
import { references } from '../source-store.ts';
import { staticPod } from './static-pod.ts';

export type Manifest =
  | { readonly ok: true; readonly pod: Pod /** Fields that nobody knows. */; readonly unknown: readonly string[] }
  /** What is wrong with it, for people. */
  | { readonly ok: false; readonly fault: string };

const refused = (fault: string): Manifest => ({ ok: false, fault });

/** Reads a manifest of one pod, in YAML or JSON. Pure. */
export function readManifest(text: string, file: string, nodeName: string, nowMs: number): Manifest {
  try {
    return decoded(contentOf(text), file, nodeName, nowMs);
  } catch (error) {
    return refused((error as Error).message);
  }
}

function contentOf(text: string): unknown {
  const documents = yaml()
    .parseAllDocuments(text)
    .filter((document) => document.contents !== null);
  if (documents.length !== 1) throw new Error(`it holds ${documents.length} documents; it must hold one Pod`);
  const [document] = documents;
  if (document?.errors[0]) throw document.errors[0];
  return document?.toJS({ maxAliasCount: 100 });
}

function decoded(value: unknown, file: string, nodeName: string, nowMs: number): Manifest {
  const { kind, apiVersion } = (value ?? {}) as { kind?: unknown; apiVersion?: unknown };
  if (kind !== 'Pod' || apiVersion !== 'v1')
    return refused(`it holds a ${String(kind)} of ${String(apiVersion)}; it must hold a Pod of v1`);
  const { object: written, unknown, unsupported } = decode(pods, value);
  if (!written.metadata?.name) return refused('metadata.name: Required value');
  const other = referenceIn(written);
  if (other) return refused(`it refers to ${other}: a static pod runs without the API, and can refer to nothing in it`);
  const pod = staticPod(written, file, nodeName, nowMs);
  pods.setDefaults(pod);
  const faults = [...unsupported, ...validateMetadata(pods, pod), ...pods.validate(pod)];
  return faults.length > 0 ? refused(faults.map(sentence).join('; ')) : { ok: true, pod, unknown };
}

const sentence = ({ path, message }: FieldError): string => `${path}: ${message}`;

/** The first thing of the API that it refers to (Kubernetes, "Create static Pods"). */
function referenceIn(pod: Pod): string | undefined {
  const spec = specOf(pod);
  const account = spec.serviceAccountName || spec.serviceAccount;
  if (account) return `the ServiceAccount "${account}"`;
  const { configMaps, secrets } = references(pod);
  for (const name of configMaps) return `the ConfigMap "${name}"`;
  for (const name of secrets) return `the Secret "${name}"`;
  for (const { name, persistentVolumeClaim, ephemeral, projected } of spec.volumes ?? []) {
    if (persistentVolumeClaim) return `the PersistentVolumeClaim "${persistentVolumeClaim.claimName}"`;
    if (ephemeral) return `a PersistentVolumeClaim (volume "${name}")`;
    if (projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken))
      return `a ServiceAccount (volume "${name}")`;
  }
  return undefined;
}
