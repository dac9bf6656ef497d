import type { MessageTable } from './table.ts';

/** What makes pods, and how many. */
export const workloadMessages: MessageTable = {
  'apps/v1': {
    ControllerRevision: 'metadata=1:ObjectMeta data=2:json revision=3:int',
    DaemonSet: 'metadata=1:ObjectMeta spec=2:DaemonSetSpec status=3:DaemonSetStatus',
    Deployment: 'metadata=1:ObjectMeta spec=2:DeploymentSpec status=3:DeploymentStatus',
    ReplicaSet: 'metadata=1:ObjectMeta spec=2:ReplicaSetSpec status=3:ReplicaSetStatus',
    StatefulSet: 'metadata=1:ObjectMeta spec=2:StatefulSetSpec status=3:StatefulSetStatus',
    DaemonSetSpec:
      'selector=1:LabelSelector template=2:PodTemplateSpec updateStrategy=3:DaemonSetUpdateStrategy minReadySeconds=4:int revisionHistoryLimit=6:int?',
    DaemonSetStatus:
      'currentNumberScheduled=1:int numberMisscheduled=2:int desiredNumberScheduled=3:int numberReady=4:int observedGeneration=5:int updatedNumberScheduled=6:int numberAvailable=7:int numberUnavailable=8:int collisionCount=9:int? conditions=10:[]DaemonSetCondition',
    DeploymentSpec:
      'replicas=1:int? selector=2:LabelSelector template=3:PodTemplateSpec strategy=4:DeploymentStrategy minReadySeconds=5:int revisionHistoryLimit=6:int? paused=7:bool progressDeadlineSeconds=9:int?',
    DeploymentStatus:
      'observedGeneration=1:int replicas=2:int updatedReplicas=3:int availableReplicas=4:int unavailableReplicas=5:int conditions=6:[]DeploymentCondition readyReplicas=7:int collisionCount=8:int? terminatingReplicas=9:int?',
    ReplicaSetSpec: 'replicas=1:int? selector=2:LabelSelector template=3:PodTemplateSpec minReadySeconds=4:int',
    ReplicaSetStatus:
      'replicas=1:int fullyLabeledReplicas=2:int observedGeneration=3:int readyReplicas=4:int availableReplicas=5:int conditions=6:[]ReplicaSetCondition terminatingReplicas=7:int?',
    StatefulSetSpec:
      'replicas=1:int? selector=2:LabelSelector template=3:PodTemplateSpec volumeClaimTemplates=4:[]PersistentVolumeClaim serviceName=5 podManagementPolicy=6 updateStrategy=7:StatefulSetUpdateStrategy revisionHistoryLimit=8:int? minReadySeconds=9:int persistentVolumeClaimRetentionPolicy=10:StatefulSetPersistentVolumeClaimRetentionPolicy ordinals=11:StatefulSetOrdinals',
    StatefulSetStatus:
      'observedGeneration=1:int replicas=2:int readyReplicas=3:int currentReplicas=4:int updatedReplicas=5:int currentRevision=6 updateRevision=7 collisionCount=9:int? conditions=10:[]StatefulSetCondition availableReplicas=11:int',
    DaemonSetUpdateStrategy: 'type=1 rollingUpdate=2:RollingUpdateDaemonSet',
    DaemonSetCondition: 'type=1 status=2 lastTransitionTime=3:time reason=4 message=5',
    DeploymentStrategy: 'type=1 rollingUpdate=2:RollingUpdateDeployment',
    DeploymentCondition: 'type=1 status=2 reason=4 message=5 lastUpdateTime=6:time lastTransitionTime=7:time',
    ReplicaSetCondition: 'type=1 status=2 lastTransitionTime=3:time reason=4 message=5',
    StatefulSetUpdateStrategy: 'type=1 rollingUpdate=2:RollingUpdateStatefulSetStrategy',
    StatefulSetPersistentVolumeClaimRetentionPolicy: 'whenDeleted=1 whenScaled=2',
    StatefulSetOrdinals: 'start=1:int',
    StatefulSetCondition: 'type=1 status=2 lastTransitionTime=3:time reason=4 message=5',
    RollingUpdateDaemonSet: 'maxUnavailable=1:int-or-string maxSurge=2:int-or-string',
    RollingUpdateDeployment: 'maxUnavailable=1:int-or-string maxSurge=2:int-or-string',
    RollingUpdateStatefulSetStrategy: 'partition=1:int? maxUnavailable=2:int-or-string',
  },
  'batch/v1': {
    CronJob: 'metadata=1:ObjectMeta spec=2:CronJobSpec status=3:CronJobStatus',
    Job: 'metadata=1:ObjectMeta spec=2:JobSpec status=3:JobStatus',
    CronJobSpec:
      'schedule=1 startingDeadlineSeconds=2:int? concurrencyPolicy=3 suspend=4:bool? jobTemplate=5:JobTemplateSpec successfulJobsHistoryLimit=6:int? failedJobsHistoryLimit=7:int? timeZone=8:string?',
    CronJobStatus: 'active=1:[]ObjectReference lastScheduleTime=4:time lastSuccessfulTime=5:time',
    JobSpec:
      'parallelism=1:int? completions=2:int? activeDeadlineSeconds=3:int? selector=4:LabelSelector manualSelector=5:bool? template=6:PodTemplateSpec backoffLimit=7:int? ttlSecondsAfterFinished=8:int? completionMode=9 suspend=10:bool? podFailurePolicy=11:PodFailurePolicy backoffLimitPerIndex=12:int? maxFailedIndexes=13:int? podReplacementPolicy=14 managedBy=15 successPolicy=16:SuccessPolicy',
    JobStatus:
      'conditions=1:[]JobCondition startTime=2:time completionTime=3:time active=4:int succeeded=5:int failed=6:int completedIndexes=7 uncountedTerminatedPods=8:UncountedTerminatedPods ready=9:int? failedIndexes=10 terminating=11:int?',
    JobTemplateSpec: 'metadata=1:ObjectMeta spec=2:JobSpec',
    PodFailurePolicy: 'rules=1:[]PodFailurePolicyRule',
    SuccessPolicy: 'rules=1:[]SuccessPolicyRule',
    JobCondition: 'type=1 status=2 lastProbeTime=3:time lastTransitionTime=4:time reason=5 message=6',
    UncountedTerminatedPods: 'succeeded=1:[]string failed=2:[]string',
    PodFailurePolicyRule:
      'action=1 onExitCodes=2:PodFailurePolicyOnExitCodesRequirement onPodConditions=3:[]PodFailurePolicyOnPodConditionsPattern',
    SuccessPolicyRule: 'succeededIndexes=1 succeededCount=2:int?',
    PodFailurePolicyOnExitCodesRequirement: 'containerName=1 operator=2 values=3:[]int',
    PodFailurePolicyOnPodConditionsPattern: 'type=1 status=2',
  },
  'autoscaling/v1': {
    Scale: 'metadata=1:ObjectMeta spec=2:ScaleSpec status=3:ScaleStatus',
    HorizontalPodAutoscaler:
      'metadata=1:ObjectMeta spec=2:HorizontalPodAutoscalerSpec status=3:HorizontalPodAutoscalerStatus',
    ScaleSpec: 'replicas=1:int',
    ScaleStatus: 'replicas=1:int selector=2',
    HorizontalPodAutoscalerSpec:
      'scaleTargetRef=1:CrossVersionObjectReference minReplicas=2:int? maxReplicas=3:int targetCPUUtilizationPercentage=4:int?',
    HorizontalPodAutoscalerStatus:
      'observedGeneration=1:int? lastScaleTime=2:time currentReplicas=3:int desiredReplicas=4:int currentCPUUtilizationPercentage=5:int?',
    CrossVersionObjectReference: 'kind=1 name=2 apiVersion=3',
  },
  'autoscaling/v2': {
    HorizontalPodAutoscaler:
      'metadata=1:ObjectMeta spec=2:HorizontalPodAutoscalerSpec status=3:HorizontalPodAutoscalerStatus',
    HorizontalPodAutoscalerSpec:
      'scaleTargetRef=1:CrossVersionObjectReference minReplicas=2:int? maxReplicas=3:int metrics=4:[]MetricSpec behavior=5:HorizontalPodAutoscalerBehavior',
    HorizontalPodAutoscalerStatus:
      'observedGeneration=1:int? lastScaleTime=2:time currentReplicas=3:int desiredReplicas=4:int currentMetrics=5:[]MetricStatus conditions=6:[]HorizontalPodAutoscalerCondition',
    CrossVersionObjectReference: 'kind=1 name=2 apiVersion=3',
    MetricSpec:
      'type=1 object=2:ObjectMetricSource pods=3:PodsMetricSource resource=4:ResourceMetricSource external=5:ExternalMetricSource containerResource=7:ContainerResourceMetricSource',
    HorizontalPodAutoscalerBehavior: 'scaleUp=1:HPAScalingRules scaleDown=2:HPAScalingRules',
    MetricStatus:
      'type=1 object=2:ObjectMetricStatus pods=3:PodsMetricStatus resource=4:ResourceMetricStatus external=5:ExternalMetricStatus containerResource=7:ContainerResourceMetricStatus',
    HorizontalPodAutoscalerCondition: 'type=1 status=2 lastTransitionTime=3:time reason=4 message=5',
    ObjectMetricSource: 'describedObject=1:CrossVersionObjectReference target=2:MetricTarget metric=3:MetricIdentifier',
    PodsMetricSource: 'metric=1:MetricIdentifier target=2:MetricTarget',
    ResourceMetricSource: 'name=1 target=2:MetricTarget',
    ContainerResourceMetricSource: 'name=1 target=2:MetricTarget container=3',
    ExternalMetricSource: 'metric=1:MetricIdentifier target=2:MetricTarget',
    HPAScalingRules:
      'selectPolicy=1:string? policies=2:[]HPAScalingPolicy stabilizationWindowSeconds=3:int? tolerance=4:quantity',
    ObjectMetricStatus:
      'metric=1:MetricIdentifier current=2:MetricValueStatus describedObject=3:CrossVersionObjectReference',
    PodsMetricStatus: 'metric=1:MetricIdentifier current=2:MetricValueStatus',
    ResourceMetricStatus: 'name=1 current=2:MetricValueStatus',
    ContainerResourceMetricStatus: 'name=1 current=2:MetricValueStatus container=3',
    ExternalMetricStatus: 'metric=1:MetricIdentifier current=2:MetricValueStatus',
    MetricTarget: 'type=1 value=2:quantity averageValue=3:quantity averageUtilization=4:int?',
    MetricIdentifier: 'name=1 selector=2:LabelSelector',
    HPAScalingPolicy: 'type=1 value=2:int periodSeconds=3:int',
    MetricValueStatus: 'value=1:quantity averageValue=2:quantity averageUtilization=3:int?',
  },
};
