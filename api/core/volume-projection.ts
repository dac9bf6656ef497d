import { boolean, described, int32, int64, list, oneOf, optional, string, stringMap, struct } from '../meta/schema.ts';
import { LabelSelectorSchema } from '../meta/selector.ts';
import { ObjectFieldSelectorSchema, ResourceFieldSelectorSchema } from './env.ts';

/** Files a volume makes out of objects: ConfigMaps, Secrets, fields of the pod, tokens. */

export const KeyToPathSchema = struct('io.k8s.api.core.v1.KeyToPath', 'Puts one key into one file.', {
  key: string('Key whose value is taken.'),
  mode: optional(int32('Permission bits of the file; default those of the volume.')),
  path: string('Relative path of the file; may not hold `..`.'),
});

export const DownwardAPIVolumeFileSchema = struct(
  'io.k8s.api.core.v1.DownwardAPIVolumeFile',
  'Puts a field of the pod into one file.',
  {
    fieldRef: optional(ObjectFieldSelectorSchema),
    mode: optional(int32('Permission bits of the file; default those of the volume.')),
    path: string('Relative path of the file; may not hold `..`.'),
    resourceFieldRef: optional(ResourceFieldSelectorSchema),
  },
);

const keyItems = optional(list(KeyToPathSchema, 'Keys to take and their files; default every key.'));
const fieldItems = optional(list(DownwardAPIVolumeFileSchema, 'Fields to take and their files.'));
const defaultMode = optional(int32('Permission bits of the files; default 0644.'));
const mayMiss = optional(boolean('Whether the object or its keys may be missing.'));

export const ConfigMapVolumeSourceSchema = struct(
  'io.k8s.api.core.v1.ConfigMapVolumeSource',
  'Files made from a ConfigMap.',
  { defaultMode, items: keyItems, name: optional(string('Name of the ConfigMap.')), optional: mayMiss },
);

export const SecretVolumeSourceSchema = struct('io.k8s.api.core.v1.SecretVolumeSource', 'Files made from a Secret.', {
  defaultMode,
  items: keyItems,
  optional: mayMiss,
  secretName: optional(string('Name of the Secret.')),
});

export const DownwardAPIVolumeSourceSchema = struct(
  'io.k8s.api.core.v1.DownwardAPIVolumeSource',
  'Files made from fields of the pod.',
  { defaultMode, items: fieldItems },
);

const ClusterTrustBundleProjectionSchema = struct(
  'io.k8s.api.core.v1.ClusterTrustBundleProjection',
  'Trust anchors of a signer.',
  {
    labelSelector: optional(described(LabelSelectorSchema, 'Bundles to join; only with signerName.')),
    name: optional(string('Name of one bundle.')),
    optional: mayMiss,
    path: string('Relative path of the file.'),
    signerName: optional(string('Signer whose bundles are joined.')),
  },
);

const PodCertificateProjectionSchema = struct(
  'io.k8s.api.core.v1.PodCertificateProjection',
  'A private key and a certificate issued to the pod.',
  {
    certificateChainPath: optional(string('File for the certificates.')),
    credentialBundlePath: optional(string('File for key and certificates together.')),
    keyPath: optional(string('File for the key.')),
    keyType: string('Kind of key to make, such as ED25519.'),
    maxExpirationSeconds: optional(int32('Longest life of the certificate.')),
    signerName: string('Signer that is asked.'),
    userAnnotations: optional(stringMap('Further data for the signer.')),
  },
);

const ServiceAccountTokenProjectionSchema = struct(
  'io.k8s.api.core.v1.ServiceAccountTokenProjection',
  'A token of the service account of the pod.',
  {
    audience: optional(string('Who the token is meant for; default the API server.')),
    expirationSeconds: optional(int64('Life of the token in seconds, at least 600; default 3600.')),
    path: string('Relative path of the file.'),
  },
);

const VolumeProjectionSchema = struct(
  'io.k8s.api.core.v1.VolumeProjection',
  'One source of a projected volume; exactly one is set.',
  {
    clusterTrustBundle: optional(ClusterTrustBundleProjectionSchema),
    configMap: optional(
      struct('io.k8s.api.core.v1.ConfigMapProjection', 'Files made from a ConfigMap.', {
        items: keyItems,
        name: optional(string('Name of the ConfigMap.')),
        optional: mayMiss,
      }),
    ),
    downwardAPI: optional(
      struct('io.k8s.api.core.v1.DownwardAPIProjection', 'Files made from fields of the pod.', { items: fieldItems }),
    ),
    podCertificate: optional(PodCertificateProjectionSchema),
    secret: optional(
      struct('io.k8s.api.core.v1.SecretProjection', 'Files made from a Secret.', {
        items: keyItems,
        name: optional(string('Name of the Secret.')),
        optional: mayMiss,
      }),
    ),
    serviceAccountToken: optional(ServiceAccountTokenProjectionSchema),
  },
);

export const ProjectedVolumeSourceSchema = struct(
  'io.k8s.api.core.v1.ProjectedVolumeSource',
  'Several sources in one directory.',
  { defaultMode, sources: optional(list(VolumeProjectionSchema, 'What the directory is made of.')) },
);

export const ImageVolumeSourceSchema = struct('io.k8s.api.core.v1.ImageVolumeSource', 'The files of an image.', {
  pullPolicy: optional(
    oneOf('When the image is fetched; default Always for the tag latest, else IfNotPresent.', [
      'Always',
      'IfNotPresent',
      'Never',
    ]),
  ),
  reference: optional(string('Name of the image.')),
});
