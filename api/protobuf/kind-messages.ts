import type { MessageTable } from './table.ts';

/** Kinds other than pods and nodes. */
export const kindMessages: MessageTable = {
  Namespace: 'metadata=1:ObjectMeta spec=2:NamespaceSpec status=3:NamespaceStatus',
  NamespaceSpec: 'finalizers=1:[]string',
  NamespaceStatus: 'phase=1 conditions=2:[]NamespaceCondition',
  NamespaceCondition: 'type=1 status=2 lastTransitionTime=4:time reason=5 message=6',
  Event:
    'metadata=1:ObjectMeta involvedObject=2:ObjectReference reason=3 message=4 source=5:EventSource firstTimestamp=6:time lastTimestamp=7:time count=8:int type=9 eventTime=10:micro-time series=11:EventSeries action=12 related=13:ObjectReference reportingComponent=14 reportingInstance=15',
  ObjectReference: 'kind=1 namespace=2 name=3 uid=4 apiVersion=5 resourceVersion=6 fieldPath=7',
  EventSource: 'component=1 host=2',
  EventSeries: 'count=1:int lastObservedTime=2:micro-time',
  ConfigMap: 'metadata=1:ObjectMeta data=2:{}string binaryData=3:{}bytes immutable=4:bool?',
  Secret: 'metadata=1:ObjectMeta data=2:{}bytes type=3 stringData=4:{}string immutable=5:bool?',
  ServiceAccount:
    'metadata=1:ObjectMeta secrets=2:[]ObjectReference imagePullSecrets=3:[]LocalObjectReference automountServiceAccountToken=4:bool?',
  Service: 'metadata=1:ObjectMeta spec=2:ServiceSpec status=3:ServiceStatus',
  ServiceSpec:
    'ports=1:[]ServicePort selector=2:{}string clusterIP=3 type=4 externalIPs=5:[]string sessionAffinity=7 loadBalancerIP=8 loadBalancerSourceRanges=9:[]string externalName=10 externalTrafficPolicy=11 healthCheckNodePort=12:int publishNotReadyAddresses=13:bool sessionAffinityConfig=14:SessionAffinityConfig ipFamilyPolicy=17:string? clusterIPs=18:[]string ipFamilies=19:[]string allocateLoadBalancerNodePorts=20:bool? loadBalancerClass=21:string? internalTrafficPolicy=22:string? trafficDistribution=23:string?',
  ServicePort: 'name=1 protocol=2 port=3:int targetPort=4:int-or-string nodePort=5:int appProtocol=6:string?',
  SessionAffinityConfig: 'clientIP=1:ClientIPConfig',
  ClientIPConfig: 'timeoutSeconds=1:int?',
  ServiceStatus: 'loadBalancer=1:LoadBalancerStatus conditions=2:[]Condition',
  LoadBalancerStatus: 'ingress=1:[]LoadBalancerIngress',
  LoadBalancerIngress: 'ip=1 hostname=2 ipMode=3:string? ports=4:[]PortStatus',
  PortStatus: 'port=1:int protocol=2 error=3:string?',
  Binding: 'metadata=1:ObjectMeta target=2:ObjectReference',
  Deployment: 'metadata=1:ObjectMeta spec=2:DeploymentSpec status=3:DeploymentStatus',
  DeploymentSpec:
    'replicas=1:int? selector=2:LabelSelector template=3:PodTemplateSpec strategy=4:DeploymentStrategy minReadySeconds=5:int revisionHistoryLimit=6:int? paused=7:bool progressDeadlineSeconds=9:int?',
  DeploymentStrategy: 'type=1 rollingUpdate=2:RollingUpdateDeployment',
  RollingUpdateDeployment: 'maxUnavailable=1:int-or-string maxSurge=2:int-or-string',
  DeploymentStatus:
    'observedGeneration=1:int replicas=2:int updatedReplicas=3:int availableReplicas=4:int unavailableReplicas=5:int conditions=6:[]DeploymentCondition readyReplicas=7:int collisionCount=8:int? terminatingReplicas=9:int?',
  DeploymentCondition: 'type=1 status=2 reason=4 message=5 lastUpdateTime=6:time lastTransitionTime=7:time',
  ReplicaSet: 'metadata=1:ObjectMeta spec=2:ReplicaSetSpec status=3:ReplicaSetStatus',
  ReplicaSetSpec: 'replicas=1:int? selector=2:LabelSelector template=3:PodTemplateSpec minReadySeconds=4:int',
  ReplicaSetStatus:
    'replicas=1:int fullyLabeledReplicas=2:int observedGeneration=3:int readyReplicas=4:int availableReplicas=5:int conditions=6:[]ReplicaSetCondition terminatingReplicas=7:int?',
  ReplicaSetCondition: 'type=1 status=2 lastTransitionTime=3:time reason=4 message=5',
  Job: 'metadata=1:ObjectMeta spec=2:JobSpec status=3:JobStatus',
  JobSpec:
    'parallelism=1:int? completions=2:int? activeDeadlineSeconds=3:int? selector=4:LabelSelector manualSelector=5:bool? template=6:PodTemplateSpec backoffLimit=7:int? ttlSecondsAfterFinished=8:int? completionMode=9 suspend=10:bool? podFailurePolicy=11:PodFailurePolicy backoffLimitPerIndex=12:int? maxFailedIndexes=13:int? podReplacementPolicy=14 managedBy=15 successPolicy=16:SuccessPolicy',
  PodFailurePolicy: 'rules=1:[]PodFailurePolicyRule',
  PodFailurePolicyRule:
    'action=1 onExitCodes=2:PodFailurePolicyOnExitCodesRequirement onPodConditions=3:[]PodFailurePolicyOnPodConditionsPattern',
  PodFailurePolicyOnExitCodesRequirement: 'containerName=1 operator=2 values=3:[]int',
  PodFailurePolicyOnPodConditionsPattern: 'type=1 status=2',
  SuccessPolicy: 'rules=1:[]SuccessPolicyRule',
  SuccessPolicyRule: 'succeededIndexes=1 succeededCount=2:int?',
  JobStatus:
    'conditions=1:[]JobCondition startTime=2:time completionTime=3:time active=4:int succeeded=5:int failed=6:int completedIndexes=7 uncountedTerminatedPods=8:UncountedTerminatedPods ready=9:int? failedIndexes=10 terminating=11:int?',
  JobCondition: 'type=1 status=2 lastProbeTime=3:time lastTransitionTime=4:time reason=5 message=6',
  UncountedTerminatedPods: 'succeeded=1:[]string failed=2:[]string',
  PriorityClass: 'metadata=1:ObjectMeta value=2:int globalDefault=3:bool description=4 preemptionPolicy=5',
  Lease: 'metadata=1:ObjectMeta spec=2:LeaseSpec',
  LeaseSpec:
    'holderIdentity=1:string? leaseDurationSeconds=2:int? acquireTime=3:micro-time renewTime=4:micro-time leaseTransitions=5:int? strategy=6 preferredHolder=7',
};
