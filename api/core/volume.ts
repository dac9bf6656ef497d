import { boolean, optional, quantity, type Static, string, struct } from '../meta/schema.ts';
import { PersistentVolumeClaimTemplateSchema } from './volume-claim.ts';
import { networkVolumes } from './volume-network.ts';
import {
  ConfigMapVolumeSourceSchema,
  DownwardAPIVolumeSourceSchema,
  ImageVolumeSourceSchema,
  ProjectedVolumeSourceSchema,
  SecretVolumeSourceSchema,
} from './volume-projection.ts';

/** A volume of a pod ("Volumes"). */

/** Values of `hostPath.type`; empty means no check. */
export const HOST_PATH_TYPES = [
  '',
  'DirectoryOrCreate',
  'Directory',
  'FileOrCreate',
  'File',
  'Socket',
  'CharDevice',
  'BlockDevice',
] as const;

export const EmptyDirVolumeSourceSchema = struct(
  'io.k8s.api.core.v1.EmptyDirVolumeSource',
  'An empty directory that lives as long as the pod.',
  {
    medium: optional(string('Empty for the disk of the machine, Memory for a tmpfs, HugePages for huge pages.')),
    sizeLimit: optional(quantity('Most it may hold; default no limit.')),
  },
);

export const HostPathVolumeSourceSchema = struct(
  'io.k8s.api.core.v1.HostPathVolumeSource',
  'A file or directory of the machine.',
  {
    path: string('Path on the machine; may not hold `..`.'),
    type: optional(string('What must be there, or be made; default no check.')),
  },
);

export const VolumeSchema = struct('io.k8s.api.core.v1.Volume', 'A volume of the pod; exactly one source is set.', {
  ...networkVolumes,
  configMap: optional(ConfigMapVolumeSourceSchema),
  downwardAPI: optional(DownwardAPIVolumeSourceSchema),
  emptyDir: optional(EmptyDirVolumeSourceSchema),
  ephemeral: optional(
    struct('io.k8s.api.core.v1.EphemeralVolumeSource', 'A claim made for this pod and removed with it.', {
      volumeClaimTemplate: optional(PersistentVolumeClaimTemplateSchema),
    }),
  ),
  gitRepo: optional(
    struct('io.k8s.api.core.v1.GitRepoVolumeSource', 'A git checkout; no longer supported, use an init container.', {
      directory: optional(string('Directory to clone into.')),
      repository: string('URL of the repository.'),
      revision: optional(string('Commit to check out.')),
    }),
  ),
  hostPath: optional(HostPathVolumeSourceSchema),
  image: optional(ImageVolumeSourceSchema),
  name: string('Name of the volume, unique within the pod.'),
  persistentVolumeClaim: optional(
    struct('io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource', 'A claim in the same namespace.', {
      claimName: string('Name of the claim.'),
      readOnly: optional(boolean('Mount it read-only; default false.')),
    }),
  ),
  projected: optional(ProjectedVolumeSourceSchema),
  secret: optional(SecretVolumeSourceSchema),
});
export type Volume = Static<typeof VolumeSchema>;
