import { boolean, described, int32, list, optional, string, stringMap, struct } from '../meta/schema.ts';
import { LocalObjectReferenceSchema } from './references.ts';

/** Volumes on storage systems reached over a network. They are kept and shown; which of them an agent can mount is its matter. */

const core = (name: string) => `io.k8s.api.core.v1.${name}`;
const fsType = optional(string('File system of the volume.'));
const readOnly = optional(boolean('Mount it read-only; default false.'));
const partition = optional(int32('Partition to mount; default the whole volume.'));
const secretRef = optional(described(LocalObjectReferenceSchema, 'Secret used to log in.'));
const hosts = (description: string) => list(string('An address.'), description);

/** Fields of `Volume` for network storage. */
export const networkVolumes = {
  awsElasticBlockStore: optional(
    struct(core('AWSElasticBlockStoreVolumeSource'), 'An AWS disk.', {
      fsType,
      partition,
      readOnly,
      volumeID: string('Id of the disk.'),
    }),
  ),
  azureDisk: optional(
    struct(core('AzureDiskVolumeSource'), 'An Azure disk.', {
      cachingMode: optional(string('None, ReadOnly or ReadWrite.')),
      diskName: string('Name of the disk.'),
      diskURI: string('URI of the disk.'),
      fsType,
      kind: optional(string('Shared, Dedicated or Managed.')),
      readOnly,
    }),
  ),
  azureFile: optional(
    struct(core('AzureFileVolumeSource'), 'An Azure file share.', {
      readOnly,
      secretName: string('Secret with account name and key.'),
      shareName: string('Name of the share.'),
    }),
  ),
  cephfs: optional(
    struct(core('CephFSVolumeSource'), 'A Ceph file system.', {
      monitors: hosts('Ceph monitors.'),
      path: optional(string('Path within the file system; default /.')),
      readOnly,
      secretFile: optional(string('File with the key.')),
      secretRef,
      user: optional(string('User to log in as; default admin.')),
    }),
  ),
  cinder: optional(
    struct(core('CinderVolumeSource'), 'An OpenStack disk.', {
      fsType,
      readOnly,
      secretRef,
      volumeID: string('Id of the disk.'),
    }),
  ),
  csi: optional(
    struct(core('CSIVolumeSource'), 'A volume that a CSI driver makes for this pod.', {
      driver: string('Name of the driver.'),
      fsType,
      nodePublishSecretRef: optional(described(LocalObjectReferenceSchema, 'Secret given to the driver.')),
      readOnly,
      volumeAttributes: optional(stringMap('Settings for the driver.')),
    }),
  ),
  fc: optional(
    struct(core('FCVolumeSource'), 'A Fibre Channel disk.', {
      fsType,
      lun: optional(int32('Number of the unit.')),
      readOnly,
      targetWWNs: optional(hosts('World-wide names of targets.')),
      wwids: optional(hosts('World-wide ids of volumes.')),
    }),
  ),
  flexVolume: optional(
    struct(core('FlexVolumeSource'), 'A volume mounted by an exec plug-in.', {
      driver: string('Name of the plug-in.'),
      fsType,
      options: optional(stringMap('Settings for the plug-in.')),
      readOnly,
      secretRef,
    }),
  ),
  flocker: optional(
    struct(core('FlockerVolumeSource'), 'A Flocker data set.', {
      datasetName: optional(string('Name of the data set.')),
      datasetUUID: optional(string('UUID of the data set.')),
    }),
  ),
  gcePersistentDisk: optional(
    struct(core('GCEPersistentDiskVolumeSource'), 'A Google disk.', {
      fsType,
      partition,
      pdName: string('Name of the disk.'),
      readOnly,
    }),
  ),
  glusterfs: optional(
    struct(core('GlusterfsVolumeSource'), 'A Gluster volume.', {
      endpoints: string('Name of the endpoints.'),
      path: string('Path of the volume.'),
      readOnly,
    }),
  ),
  iscsi: optional(
    struct(core('ISCSIVolumeSource'), 'An iSCSI disk.', {
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
    }),
  ),
  nfs: optional(
    struct(core('NFSVolumeSource'), 'A directory of an NFS server.', {
      path: string('Path the server exports.'),
      readOnly,
      server: string('Name or address of the server.'),
    }),
  ),
  photonPersistentDisk: optional(
    struct(core('PhotonPersistentDiskVolumeSource'), 'A Photon disk.', { fsType, pdID: string('Id of the disk.') }),
  ),
  portworxVolume: optional(
    struct(core('PortworxVolumeSource'), 'A Portworx volume.', {
      fsType,
      readOnly,
      volumeID: string('Id of the volume.'),
    }),
  ),
  quobyte: optional(
    struct(core('QuobyteVolumeSource'), 'A Quobyte volume.', {
      group: optional(string('Group to map access to.')),
      readOnly,
      registry: string('Registries, host:port separated by commas.'),
      tenant: optional(string('Tenant that owns the volume.')),
      user: optional(string('User to map access to.')),
      volume: string('Name of the volume.'),
    }),
  ),
  rbd: optional(
    struct(core('RBDVolumeSource'), 'A Ceph block device.', {
      fsType,
      image: string('Name of the image.'),
      keyring: optional(string('File with the key; default /etc/ceph/keyring.')),
      monitors: hosts('Ceph monitors.'),
      pool: optional(string('Pool; default rbd.')),
      readOnly,
      secretRef,
      user: optional(string('User to log in as; default admin.')),
    }),
  ),
  scaleIO: optional(
    struct(core('ScaleIOVolumeSource'), 'A ScaleIO volume.', {
      fsType,
      gateway: string('Address of the gateway.'),
      protectionDomain: optional(string('Protection domain.')),
      readOnly,
      secretRef: described(LocalObjectReferenceSchema, 'Secret used to log in.'),
      sslEnabled: optional(boolean('Whether the gateway is reached over TLS.')),
      storageMode: optional(string('ThickProvisioned or ThinProvisioned (default).')),
      storagePool: optional(string('Storage pool.')),
      system: string('Name of the storage system.'),
      volumeName: optional(string('Name of the volume.')),
    }),
  ),
  storageos: optional(
    struct(core('StorageOSVolumeSource'), 'A StorageOS volume.', {
      fsType,
      readOnly,
      secretRef,
      volumeName: optional(string('Name of the volume.')),
      volumeNamespace: optional(string('Scope of the name.')),
    }),
  ),
  vsphereVolume: optional(
    struct(core('VsphereVirtualDiskVolumeSource'), 'A vSphere disk.', {
      fsType,
      storagePolicyID: optional(string('Id of the storage policy.')),
      storagePolicyName: optional(string('Name of the storage policy.')),
      volumePath: string('Path of the disk.'),
    }),
  ),
};
