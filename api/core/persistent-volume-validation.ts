import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { compareQuantities } from '../meta/quantity.ts';
import { forbiddenField, invalidValue, notSupported, required } from '../meta/validation.ts';
import { validateNodeSelector } from './affinity-validation.ts';
import { optionalName, requiredText } from './checks.ts';
import type { PersistentVolume, PersistentVolumeSpec } from './persistent-volume.ts';
import { validateAccessModes } from './persistent-volume-access.ts';
import { persistentVolumeSources } from './persistent-volume-source.ts';

/** Faults of persistent volumes ("Persistent Volumes"). */

type Source = keyof typeof persistentVolumeSources;
const SOURCES = Object.keys(persistentVolumeSources) as Source[];

/** Text without which a source leads nowhere. */
const REQUIRED: Readonly<Partial<Record<Source, readonly string[]>>> = {
  awsElasticBlockStore: ['volumeID'],
  azureDisk: ['diskName', 'diskURI'],
  azureFile: ['secretName', 'shareName'],
  cinder: ['volumeID'],
  csi: ['driver', 'volumeHandle'],
  flexVolume: ['driver'],
  gcePersistentDisk: ['pdName'],
  glusterfs: ['endpoints', 'path'],
  hostPath: ['path'],
  iscsi: ['targetPortal', 'iqn'],
  local: ['path'],
  nfs: ['server', 'path'],
  photonPersistentDisk: ['pdID'],
  portworxVolume: ['volumeID'],
  quobyte: ['registry', 'volume'],
  rbd: ['image'],
  scaleIO: ['gateway', 'system', 'volumeName'],
  vsphereVolume: ['volumePath'],
};

const sourcesOf = (spec: PersistentVolumeSpec): Source[] => SOURCES.filter((source) => spec[source] !== undefined);

function sourceFaults(spec: PersistentVolumeSpec, path: string): FieldError[] {
  const [source, second] = sourcesOf(spec);
  if (!source) return [required(path, 'must specify a volume type')];
  if (second) return [forbiddenField(`${path}.${second}`, 'may not specify more than 1 volume type')];
  const at = `${path}.${source}`;
  const fields = spec[source] as Record<string, unknown>;
  const errors = (REQUIRED[source] ?? []).flatMap((name) =>
    requiredText(`${at}.${name}`, fields[name] as string | undefined),
  );
  const { monitors } = fields as { monitors?: readonly string[] };
  if ((source === 'rbd' || source === 'cephfs') && !monitors?.length) errors.push(required(`${at}.monitors`));
  const { path: place } = fields as { path?: string };
  if ((source === 'hostPath' || source === 'local') && place?.split('/').includes('..'))
    errors.push(invalidValue(`${at}.path`, place, "must not contain '..'"));
  return errors;
}

function capacityFaults(capacity: PersistentVolumeSpec['capacity'], path: string): FieldError[] {
  const entries = Object.entries(capacity ?? {});
  if (entries.length === 0) return [required(path)];
  return entries.flatMap(([name, amount]) => {
    if (name !== 'storage') return [notSupported(path, name, ['storage'])];
    const isPositive = compareQuantities(amount, '0') > 0;
    return isPositive ? [] : [invalidValue(`${path}[storage]`, amount, 'must be greater than zero')];
  });
}

function nodeAffinityFaults(spec: PersistentVolumeSpec, path: string): FieldError[] {
  const { nodeAffinity, local } = spec;
  if (!nodeAffinity) return local ? [required(path, 'Local volume requires node affinity')] : [];
  if (!nodeAffinity.required) return [required(`${path}.required`, 'must specify required node constraints')];
  return validateNodeSelector(nodeAffinity.required, `${path}.required`);
}

/** Faults of a volume's spec; `path` is where it stands. */
export function validatePersistentVolumeSpec(spec: PersistentVolumeSpec, path: string): FieldError[] {
  const errors = [
    ...validateAccessModes(spec.accessModes, `${path}.accessModes`),
    ...capacityFaults(spec.capacity, `${path}.capacity`),
    ...sourceFaults(spec, path),
    ...nodeAffinityFaults(spec, `${path}.nodeAffinity`),
    ...optionalName('subdomain', `${path}.storageClassName`, spec.storageClassName),
    ...optionalName('subdomain', `${path}.volumeAttributesClassName`, spec.volumeAttributesClassName),
  ];
  // Recycling empties the directory: nobody means the whole machine by that.
  if (spec.hostPath && /^\/+$/.test(spec.hostPath.path) && spec.persistentVolumeReclaimPolicy === 'Recycle')
    errors.push(
      forbiddenField(`${path}.persistentVolumeReclaimPolicy`, "may not be 'recycle' for a hostPath mount of '/'"),
    );
  return errors;
}

export const validatePersistentVolume = ({ spec }: PersistentVolume): FieldError[] =>
  spec ? validatePersistentVolumeSpec(spec, 'spec') : [required('spec')];

export function validatePersistentVolumeUpdate(next: PersistentVolume, previous: PersistentVolume): FieldError[] {
  const [after, before] = [next.spec ?? {}, previous.spec ?? {}];
  const errors: FieldError[] = [];
  const isSameSource = SOURCES.every((source) => equalJson(after[source], before[source]));
  if (!isSameSource)
    errors.push(
      forbiddenField('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation'),
    );
  if (after.volumeMode !== before.volumeMode)
    errors.push(invalidValue('spec.volumeMode', after.volumeMode, 'field is immutable'));
  if (before.nodeAffinity && !equalJson(after.nodeAffinity, before.nodeAffinity))
    errors.push(invalidValue('spec.nodeAffinity', after.nodeAffinity, 'field is immutable'));
  return errors;
}
