import { atomicMap, boolean, described, int32, list, optional, string, stringMap, struct } from '../meta/schema.ts';
import { ObjectReferenceSchema } from './references.ts';
import { HostPathVolumeSourceSchema } from './volume.ts';
import { networkVolumes } from './volume-network.ts';

/**
 * Where the bytes of a persistent volume lie. Sources that name a secret are types of their own: a volume belongs to no
 * namespace, so its secrets have to say theirs.
 */

export const SecretReferenceSchema = atomicMap(
  struct('io.k8s.api.core.v1.SecretReference', 'Names a secret in a namespace.', {
    name: optional(string('Name of the secret.')),
    namespace: optional(string('Namespace of the secret.')),
  }),
);

const core = (name: string) => `io.k8s.api.core.v1.${name}`;
const fsType = optional(string('File system of the volume.'));
const readOnly = optional(boolean('Mount it read-only; default false.'));
const secretRef = optional(described(SecretReferenceSchema, 'Secret used to log in.'));
const secretFor = (step: string) => optional(described(SecretReferenceSchema, `Secret given to the driver ${step}.`));
const hosts = (description: string) => list(string('An address.'), description);

const {
  awsElasticBlockStore,
  azureDisk,
  fc,
  flocker,
  gcePersistentDisk,
  nfs,
  photonPersistentDisk,
  portworxVolume,
  quobyte,
  vsphereVolume,
} = networkVolumes;

const csi = struct(core('CSIPersistentVolumeSource'), 'A volume of a CSI driver.', {
  controllerExpandSecretRef: secretFor('to enlarge the volume'),
  controllerPublishSecretRef: secretFor('to attach the volume'),
  driver: string('Name of the driver.'),
  fsType,
  nodeExpandSecretRef: secretFor('to enlarge the file system on a machine'),
  nodePublishSecretRef: secretFor('to mount the volume for a pod'),
  nodeStageSecretRef: secretFor('to prepare the volume on a machine'),
  readOnly,
  volumeAttributes: optional(stringMap('What the driver wants to know of the volume.')),
  volumeHandle: string('Id of the volume, as the driver calls it.'),
});

const iscsi = struct(core('ISCSIPersistentVolumeSource'), 'An iSCSI disk.', {
  chapAuthDiscovery: optional(boolean('Whether discovery uses CHAP.')),
  chapAuthSession: optional(boolean('Whether sessions use CHAP.')),
  fsType,
  initiatorName: optional(string('Name of the initiator.')),
  iqn: string('Qualified name of the target.'),
  iscsiInterface: optional(string('Transport; default `default` (tcp).')),
  lun: int32('Number of the unit.'),
  portals: optional(hosts('Further portals.')),
  readOnly,
  secretRef,
  targetPortal: string('Portal of the target.'),
});

const rbd = struct(core('RBDPersistentVolumeSource'), 'A Ceph block device.', {
  fsType,
  image: string('Name of the image.'),
  keyring: optional(string('File with the key; default /etc/ceph/keyring.')),
  monitors: hosts('Ceph monitors.'),
  pool: optional(string('Pool; default rbd.')),
  readOnly,
  secretRef,
  user: optional(string('User to log in as; default admin.')),
});

const scaleIO = struct(core('ScaleIOPersistentVolumeSource'), 'A ScaleIO volume.', {
  fsType,
  gateway: string('Address of the gateway.'),
  protectionDomain: optional(string('Protection domain.')),
  readOnly,
  secretRef: described(SecretReferenceSchema, 'Secret used to log in.'),
  sslEnabled: optional(boolean('Whether the gateway is reached over TLS.')),
  storageMode: optional(string('ThickProvisioned or ThinProvisioned (default).')),
  storagePool: optional(string('Storage pool.')),
  system: string('Name of the storage system.'),
  volumeName: optional(string('Name of the volume.')),
});

const cephfs = struct(core('CephFSPersistentVolumeSource'), 'A Ceph file system.', {
  monitors: hosts('Ceph monitors.'),
  path: optional(string('Path within the file system; default /.')),
  readOnly,
  secretFile: optional(string('File with the key.')),
  secretRef,
  user: optional(string('User to log in as; default admin.')),
});

/** Fields of `PersistentVolumeSpec` of which exactly one is set. */
export const persistentVolumeSources = {
  awsElasticBlockStore,
  azureDisk,
  azureFile: optional(
    struct(core('AzureFilePersistentVolumeSource'), 'An Azure file share.', {
      readOnly,
      secretName: string('Secret with account name and key.'),
      secretNamespace: optional(string('Namespace of the secret; default that of the claim.')),
      shareName: string('Name of the share.'),
    }),
  ),
  cephfs: optional(cephfs),
  cinder: optional(
    struct(core('CinderPersistentVolumeSource'), 'An OpenStack disk.', {
      fsType,
      readOnly,
      secretRef,
      volumeID: string('Id of the disk.'),
    }),
  ),
  csi: optional(csi),
  fc,
  flexVolume: optional(
    struct(core('FlexPersistentVolumeSource'), 'A volume mounted by an exec plug-in.', {
      driver: string('Name of the plug-in.'),
      fsType,
      options: optional(stringMap('Settings for the plug-in.')),
      readOnly,
      secretRef,
    }),
  ),
  flocker,
  gcePersistentDisk,
  glusterfs: optional(
    struct(core('GlusterfsPersistentVolumeSource'), 'A Gluster volume.', {
      endpoints: string('Name of the endpoints.'),
      endpointsNamespace: optional(string('Namespace of the endpoints; default that of the claim.')),
      path: string('Path of the volume.'),
      readOnly,
    }),
  ),
  hostPath: optional(described(HostPathVolumeSourceSchema, 'A directory of a machine; for cells of one machine.')),
  iscsi: optional(iscsi),
  local: optional(
    struct(core('LocalVolumeSource'), 'A disk or directory of the machines that nodeAffinity names.', {
      fsType,
      path: string('Path of the directory, or of the block device.'),
    }),
  ),
  nfs,
  photonPersistentDisk,
  portworxVolume,
  quobyte,
  rbd: optional(rbd),
  scaleIO: optional(scaleIO),
  storageos: optional(
    struct(core('StorageOSPersistentVolumeSource'), 'A StorageOS volume.', {
      fsType,
      readOnly,
      secretRef: optional(described(ObjectReferenceSchema, 'Secret used to log in.')),
      volumeName: optional(string('Name of the volume.')),
      volumeNamespace: optional(string('Scope of the name.')),
    }),
  ),
  vsphereVolume,
};
