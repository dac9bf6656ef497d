import type { MessageTable } from './table.ts';

/** Messages that every kind shares, and what surrounds objects. */
export const metadataMessages: MessageTable = {
  'meta.k8s.io/v1': {
    ListMeta: 'selfLink=1 resourceVersion=2 continue=3 remainingItemCount=4:int?',
    Status: 'metadata=1:ListMeta status=2 message=3 reason=4 details=5:StatusDetails code=6:int',
    DeleteOptions:
      'gracePeriodSeconds=1:int? preconditions=2:Preconditions orphanDependents=3:bool? propagationPolicy=4 dryRun=5:[]string ignoreStoreReadErrorWithClusterBreakingPotential=6:bool?',
    PartialObjectMetadata: 'metadata=1:ObjectMeta',
    ObjectMeta:
      'name=1 generateName=2 namespace=3 selfLink=4 uid=5 resourceVersion=6 generation=7:int creationTimestamp=8:time deletionTimestamp=9:time deletionGracePeriodSeconds=10:int? labels=11:{}string annotations=12:{}string ownerReferences=13:[]OwnerReference finalizers=14:[]string managedFields=17:[]ManagedFieldsEntry',
    StatusDetails: 'name=1 group=2 kind=3 causes=4:[]StatusCause retryAfterSeconds=5:int uid=6',
    Preconditions: 'uid=1 resourceVersion=2',
    OwnerReference: 'kind=1 name=3 uid=4 apiVersion=5 controller=6:bool? blockOwnerDeletion=7:bool?',
    ManagedFieldsEntry: 'manager=1 operation=2 apiVersion=3 time=4:time fieldsType=6 fieldsV1=7:json subresource=8',
    StatusCause: 'reason=1 message=2 field=3',
    LabelSelector: 'matchLabels=1:{}string matchExpressions=2:[]LabelSelectorRequirement',
    Condition: 'type=1 status=2 observedGeneration=3:int lastTransitionTime=4:time reason=5 message=6',
    LabelSelectorRequirement: 'key=1 operator=2 values=3:[]string',
    FieldSelectorRequirement: 'key=1 operator=2 values=3:[]string',
  },
  'meta.k8s.io/v1beta1': {
    PartialObjectMetadata: 'metadata=1:ObjectMeta',
    PartialObjectMetadataList: 'items=1:[]PartialObjectMetadata metadata=2:ListMeta',
  },
};
