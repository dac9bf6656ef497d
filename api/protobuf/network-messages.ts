import type { MessageTable } from './table.ts';

/** How pods are reached. */
export const networkMessages: MessageTable = {
  'networking.k8s.io/v1': {
    IngressClass: 'metadata=1:ObjectMeta spec=2:IngressClassSpec',
    Ingress: 'metadata=1:ObjectMeta spec=2:IngressSpec status=3:IngressStatus',
    NetworkPolicy: 'metadata=1:ObjectMeta spec=2:NetworkPolicySpec',
    IngressClassSpec: 'controller=1 parameters=2:IngressClassParametersReference',
    IngressSpec: 'defaultBackend=1:IngressBackend tls=2:[]IngressTLS rules=3:[]IngressRule ingressClassName=4:string?',
    IngressStatus: 'loadBalancer=1:IngressLoadBalancerStatus',
    NetworkPolicySpec:
      'podSelector=1:LabelSelector ingress=2:[]NetworkPolicyIngressRule egress=3:[]NetworkPolicyEgressRule policyTypes=4:[]string',
    IngressClassParametersReference: 'apiGroup=1:string? kind=2 name=3 scope=4:string? namespace=5:string?',
    IngressBackend: 'resource=3:TypedLocalObjectReference service=4:IngressServiceBackend',
    IngressTLS: 'hosts=1:[]string secretName=2',
    IngressRule: 'host=1 ingressRuleValue=2:^IngressRuleValue',
    IngressLoadBalancerStatus: 'ingress=1:[]IngressLoadBalancerIngress',
    NetworkPolicyIngressRule: 'ports=1:[]NetworkPolicyPort from=2:[]NetworkPolicyPeer',
    NetworkPolicyEgressRule: 'ports=1:[]NetworkPolicyPort to=2:[]NetworkPolicyPeer',
    IngressServiceBackend: 'name=1 port=2:ServiceBackendPort',
    IngressRuleValue: 'http=1:HTTPIngressRuleValue',
    IngressLoadBalancerIngress: 'ip=1 hostname=2 ports=4:[]IngressPortStatus',
    NetworkPolicyPort: 'protocol=1:string? port=2:int-or-string endPort=3:int?',
    NetworkPolicyPeer: 'podSelector=1:LabelSelector namespaceSelector=2:LabelSelector ipBlock=3:IPBlock',
    ServiceBackendPort: 'name=1 number=2:int',
    HTTPIngressRuleValue: 'paths=1:[]HTTPIngressPath',
    IngressPortStatus: 'port=1:int protocol=2 error=3:string?',
    IPBlock: 'cidr=1 except=2:[]string',
    HTTPIngressPath: 'path=1 backend=2:IngressBackend pathType=3:string?',
  },
  'discovery.k8s.io/v1': {
    EndpointSlice: 'metadata=1:ObjectMeta endpoints=2:[]Endpoint ports=3:[]EndpointPort addressType=4',
    Endpoint:
      'addresses=1:[]string conditions=2:EndpointConditions hostname=3:string? targetRef=4:ObjectReference deprecatedTopology=5:{}string nodeName=6:string? zone=7:string? hints=8:EndpointHints',
    EndpointPort: 'name=1:string? protocol=2:string? port=3:int? appProtocol=4:string?',
    EndpointConditions: 'ready=1:bool? serving=2:bool? terminating=3:bool?',
    EndpointHints: 'forZones=1:[]ForZone forNodes=2:[]ForNode',
    ForZone: 'name=1',
    ForNode: 'name=1',
  },
};
