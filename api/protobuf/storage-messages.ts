import type { MessageTable } from './table.ts';

/** What provides volumes. */
export const storageMessages: MessageTable = {
  'storage.k8s.io/v1': {
    CSIDriver: 'metadata=1:ObjectMeta spec=2:CSIDriverSpec',
    CSINode: 'metadata=1:ObjectMeta spec=2:CSINodeSpec',
    CSIStorageCapacity:
      'metadata=1:ObjectMeta nodeTopology=2:LabelSelector storageClassName=3 capacity=4:quantity maximumVolumeSize=5:quantity',
    StorageClass:
      'metadata=1:ObjectMeta provisioner=2 parameters=3:{}string reclaimPolicy=4:string? mountOptions=5:[]string allowVolumeExpansion=6:bool? volumeBindingMode=7:string? allowedTopologies=8:[]TopologySelectorTerm',
    VolumeAttachment: 'metadata=1:ObjectMeta spec=2:VolumeAttachmentSpec status=3:VolumeAttachmentStatus',
    CSIDriverSpec:
      'attachRequired=1:bool? podInfoOnMount=2:bool? volumeLifecycleModes=3:[]string storageCapacity=4:bool? fsGroupPolicy=5:string? tokenRequests=6:[]TokenRequest requiresRepublish=7:bool? seLinuxMount=8:bool? nodeAllocatableUpdatePeriodSeconds=9:int? serviceAccountTokenInSecrets=10:bool? preventPodSchedulingIfMissing=11:bool?',
    CSINodeSpec: 'drivers=1:[]CSINodeDriver',
    VolumeAttachmentSpec: 'attacher=1 source=2:VolumeAttachmentSource nodeName=3',
    VolumeAttachmentStatus:
      'attached=1:bool attachmentMetadata=2:{}string attachError=3:VolumeError detachError=4:VolumeError',
    TokenRequest: 'audience=1 expirationSeconds=2:int?',
    CSINodeDriver: 'name=1 nodeID=2 topologyKeys=3:[]string allocatable=4:VolumeNodeResources',
    VolumeAttachmentSource: 'persistentVolumeName=1:string? inlineVolumeSpec=2:PersistentVolumeSpec',
    VolumeError: 'time=1:time message=2 errorCode=3:int?',
    VolumeNodeResources: 'count=1:int?',
  },
};
