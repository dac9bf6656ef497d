import type { MessageTable } from './table.ts';

/** Rules for placing, running and removing pods, for admission, and who leads. */
export const policyMessages: MessageTable = {
  'policy/v1': {
    Eviction: 'metadata=1:ObjectMeta deleteOptions=2:DeleteOptions',
    PodDisruptionBudget: 'metadata=1:ObjectMeta spec=2:PodDisruptionBudgetSpec status=3:PodDisruptionBudgetStatus',
    PodDisruptionBudgetSpec:
      'minAvailable=1:int-or-string selector=2:LabelSelector maxUnavailable=3:int-or-string unhealthyPodEvictionPolicy=4:string?',
    PodDisruptionBudgetStatus:
      'observedGeneration=1:int disruptedPods=2:{}time disruptionsAllowed=3:int currentHealthy=4:int desiredHealthy=5:int expectedPods=6:int conditions=7:[]Condition',
  },
  'scheduling.k8s.io/v1': {
    PriorityClass: 'metadata=1:ObjectMeta value=2:int globalDefault=3:bool description=4 preemptionPolicy=5',
  },
  'coordination.k8s.io/v1': {
    Lease: 'metadata=1:ObjectMeta spec=2:LeaseSpec',
    LeaseSpec:
      'holderIdentity=1:string? leaseDurationSeconds=2:int? acquireTime=3:micro-time renewTime=4:micro-time leaseTransitions=5:int? strategy=6 preferredHolder=7',
  },
  'node.k8s.io/v1': {
    RuntimeClass: 'metadata=1:ObjectMeta handler=2 overhead=3:Overhead scheduling=4:Scheduling',
    Overhead: 'podFixed=1:{}quantity',
    Scheduling: 'nodeSelector=1:{}string tolerations=2:[]Toleration',
  },
  'admissionregistration.k8s.io/v1': {
    MutatingWebhookConfiguration: 'metadata=1:ObjectMeta webhooks=2:[]MutatingWebhook',
    ValidatingWebhookConfiguration: 'metadata=1:ObjectMeta webhooks=2:[]ValidatingWebhook',
    MutatingWebhook:
      'name=1 clientConfig=2:WebhookClientConfig rules=3:[]RuleWithOperations failurePolicy=4:string? namespaceSelector=5:LabelSelector sideEffects=6:string? timeoutSeconds=7:int? admissionReviewVersions=8:[]string matchPolicy=9:string? reinvocationPolicy=10:string? objectSelector=11:LabelSelector matchConditions=12:[]MatchCondition',
    ValidatingWebhook:
      'name=1 clientConfig=2:WebhookClientConfig rules=3:[]RuleWithOperations failurePolicy=4:string? namespaceSelector=5:LabelSelector sideEffects=6:string? timeoutSeconds=7:int? admissionReviewVersions=8:[]string matchPolicy=9:string? objectSelector=10:LabelSelector matchConditions=11:[]MatchCondition',
    WebhookClientConfig: 'service=1:ServiceReference caBundle=2:bytes url=3:string?',
    RuleWithOperations: 'operations=1:[]string rule=2:^Rule',
    MatchCondition: 'name=1 expression=2',
    ServiceReference: 'namespace=1 name=2 path=3:string? port=4:int?',
    Rule: 'apiGroups=1:[]string apiVersions=2:[]string resources=3:[]string scope=4:string?',
  },
};
