import type { MessageTable } from './table.ts';

/** The other kinds of the core group. */
export const coreMessages: MessageTable = {
  v1: {
    Binding: 'metadata=1:ObjectMeta target=2:ObjectReference',
    ConfigMap: 'metadata=1:ObjectMeta data=2:{}string binaryData=3:{}bytes immutable=4:bool?',
    Endpoints: 'metadata=1:ObjectMeta subsets=2:[]EndpointSubset',
    Event:
      'metadata=1:ObjectMeta involvedObject=2:ObjectReference reason=3 message=4 source=5:EventSource firstTimestamp=6:time lastTimestamp=7:time count=8:int type=9 eventTime=10:micro-time series=11:EventSeries action=12 related=13:ObjectReference reportingComponent=14 reportingInstance=15',
    LimitRange: 'metadata=1:ObjectMeta spec=2:LimitRangeSpec',
    Namespace: 'metadata=1:ObjectMeta spec=2:NamespaceSpec status=3:NamespaceStatus',
    PodTemplate: 'metadata=1:ObjectMeta template=2:PodTemplateSpec',
    ReplicationController:
      'metadata=1:ObjectMeta spec=2:ReplicationControllerSpec status=3:ReplicationControllerStatus',
    ResourceQuota: 'metadata=1:ObjectMeta spec=2:ResourceQuotaSpec status=3:ResourceQuotaStatus',
    Secret: 'metadata=1:ObjectMeta data=2:{}bytes type=3 stringData=4:{}string immutable=5:bool?',
    ServiceAccount:
      'metadata=1:ObjectMeta secrets=2:[]ObjectReference imagePullSecrets=3:[]LocalObjectReference automountServiceAccountToken=4:bool?',
    Service: 'metadata=1:ObjectMeta spec=2:ServiceSpec status=3:ServiceStatus',
    ObjectReference: 'kind=1 namespace=2 name=3 uid=4 apiVersion=5 resourceVersion=6 fieldPath=7',
    EndpointSubset: 'addresses=1:[]EndpointAddress notReadyAddresses=2:[]EndpointAddress ports=3:[]EndpointPort',
    EventSource: 'component=1 host=2',
    EventSeries: 'count=1:int lastObservedTime=2:micro-time',
    LimitRangeSpec: 'limits=1:[]LimitRangeItem',
    NamespaceSpec: 'finalizers=1:[]string',
    NamespaceStatus: 'phase=1 conditions=2:[]NamespaceCondition',
    ReplicationControllerSpec: 'replicas=1:int? selector=2:{}string template=3:PodTemplateSpec minReadySeconds=4:int',
    ReplicationControllerStatus:
      'replicas=1:int fullyLabeledReplicas=2:int observedGeneration=3:int readyReplicas=4:int availableReplicas=5:int conditions=6:[]ReplicationControllerCondition',
    ResourceQuotaSpec: 'hard=1:{}quantity scopes=2:[]string scopeSelector=3:ScopeSelector',
    ResourceQuotaStatus: 'hard=1:{}quantity used=2:{}quantity',
    ServiceSpec:
      'ports=1:[]ServicePort selector=2:{}string clusterIP=3 type=4 externalIPs=5:[]string sessionAffinity=7 loadBalancerIP=8 loadBalancerSourceRanges=9:[]string externalName=10 externalTrafficPolicy=11 healthCheckNodePort=12:int publishNotReadyAddresses=13:bool sessionAffinityConfig=14:SessionAffinityConfig ipFamilyPolicy=17:string? clusterIPs=18:[]string ipFamilies=19:[]string allocateLoadBalancerNodePorts=20:bool? loadBalancerClass=21:string? internalTrafficPolicy=22:string? trafficDistribution=23:string?',
    ServiceStatus: 'loadBalancer=1:LoadBalancerStatus conditions=2:[]Condition',
    EndpointAddress: 'ip=1 targetRef=2:ObjectReference hostname=3 nodeName=4:string?',
    EndpointPort: 'name=1 port=2:int protocol=3 appProtocol=4:string?',
    LimitRangeItem:
      'type=1 max=2:{}quantity min=3:{}quantity default=4:{}quantity defaultRequest=5:{}quantity maxLimitRequestRatio=6:{}quantity',
    NamespaceCondition: 'type=1 status=2 lastTransitionTime=4:time reason=5 message=6',
    ReplicationControllerCondition: 'type=1 status=2 lastTransitionTime=3:time reason=4 message=5',
    ScopeSelector: 'matchExpressions=1:[]ScopedResourceSelectorRequirement',
    ServicePort: 'name=1 protocol=2 port=3:int targetPort=4:int-or-string nodePort=5:int appProtocol=6:string?',
    SessionAffinityConfig: 'clientIP=1:ClientIPConfig',
    LoadBalancerStatus: 'ingress=1:[]LoadBalancerIngress',
    ScopedResourceSelectorRequirement: 'scopeName=1 operator=2 values=3:[]string',
    ClientIPConfig: 'timeoutSeconds=1:int?',
    LoadBalancerIngress: 'ip=1 hostname=2 ipMode=3:string? ports=4:[]PortStatus',
    PortStatus: 'port=1:int protocol=2 error=3:string?',
  },
};
