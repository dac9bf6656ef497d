import type { MessageTable } from './table.ts';

/** Who somebody is and what they may do. */
export const accessMessages: MessageTable = {
  'rbac.authorization.k8s.io/v1': {
    ClusterRoleBinding: 'metadata=1:ObjectMeta subjects=2:[]Subject roleRef=3:RoleRef',
    ClusterRole: 'metadata=1:ObjectMeta rules=2:[]PolicyRule aggregationRule=3:AggregationRule',
    RoleBinding: 'metadata=1:ObjectMeta subjects=2:[]Subject roleRef=3:RoleRef',
    Role: 'metadata=1:ObjectMeta rules=2:[]PolicyRule',
    Subject: 'kind=1 apiGroup=2 name=3 namespace=4',
    RoleRef: 'apiGroup=1 kind=2 name=3',
    PolicyRule:
      'verbs=1:[]string apiGroups=2:[]string resources=3:[]string resourceNames=4:[]string nonResourceURLs=5:[]string',
    AggregationRule: 'clusterRoleSelectors=1:[]LabelSelector',
  },
  'authentication.k8s.io/v1': {
    TokenRequest: 'metadata=1:ObjectMeta spec=2:TokenRequestSpec status=3:TokenRequestStatus',
    SelfSubjectReview: 'metadata=1:ObjectMeta status=2:SelfSubjectReviewStatus',
    TokenReview: 'metadata=1:ObjectMeta spec=2:TokenReviewSpec status=3:TokenReviewStatus',
    TokenRequestSpec: 'audiences=1:[]string boundObjectRef=3:BoundObjectReference expirationSeconds=4:int?',
    TokenRequestStatus: 'token=1 expirationTimestamp=2:time',
    SelfSubjectReviewStatus: 'userInfo=1:UserInfo',
    TokenReviewSpec: 'token=1 audiences=2:[]string',
    TokenReviewStatus: 'authenticated=1:bool user=2:UserInfo error=3 audiences=4:[]string',
    BoundObjectReference: 'kind=1 apiVersion=2 name=3 uid=4',
    UserInfo: 'username=1 uid=2 groups=3:[]string extra=4:{}strings',
  },
  'authorization.k8s.io/v1': {
    LocalSubjectAccessReview: 'metadata=1:ObjectMeta spec=2:SubjectAccessReviewSpec status=3:SubjectAccessReviewStatus',
    SelfSubjectAccessReview:
      'metadata=1:ObjectMeta spec=2:SelfSubjectAccessReviewSpec status=3:SubjectAccessReviewStatus',
    SelfSubjectRulesReview: 'metadata=1:ObjectMeta spec=2:SelfSubjectRulesReviewSpec status=3:SubjectRulesReviewStatus',
    SubjectAccessReview: 'metadata=1:ObjectMeta spec=2:SubjectAccessReviewSpec status=3:SubjectAccessReviewStatus',
    SubjectAccessReviewSpec:
      'resourceAttributes=1:ResourceAttributes nonResourceAttributes=2:NonResourceAttributes user=3 groups=4:[]string extra=5:{}strings uid=6',
    SubjectAccessReviewStatus: 'allowed=1:bool reason=2 evaluationError=3 denied=4:bool',
    SelfSubjectAccessReviewSpec:
      'resourceAttributes=1:ResourceAttributes nonResourceAttributes=2:NonResourceAttributes',
    SelfSubjectRulesReviewSpec: 'namespace=1',
    SubjectRulesReviewStatus:
      'resourceRules=1:[]ResourceRule nonResourceRules=2:[]NonResourceRule incomplete=3:bool evaluationError=4',
    ResourceAttributes:
      'namespace=1 verb=2 group=3 version=4 resource=5 subresource=6 name=7 fieldSelector=8:FieldSelectorAttributes labelSelector=9:LabelSelectorAttributes',
    NonResourceAttributes: 'path=1 verb=2',
    ResourceRule: 'verbs=1:[]string apiGroups=2:[]string resources=3:[]string resourceNames=4:[]string',
    NonResourceRule: 'verbs=1:[]string nonResourceURLs=2:[]string',
    FieldSelectorAttributes: 'rawSelector=1 requirements=2:[]FieldSelectorRequirement',
    LabelSelectorAttributes: 'rawSelector=1 requirements=2:[]LabelSelectorRequirement',
  },
  'certificates.k8s.io/v1': {
    CertificateSigningRequest:
      'metadata=1:ObjectMeta spec=2:CertificateSigningRequestSpec status=3:CertificateSigningRequestStatus',
    CertificateSigningRequestSpec:
      'request=1:bytes username=2 uid=3 groups=4:[]string usages=5:[]string extra=6:{}strings signerName=7 expirationSeconds=8:int?',
    CertificateSigningRequestStatus: 'conditions=1:[]CertificateSigningRequestCondition certificate=2:bytes',
    CertificateSigningRequestCondition:
      'type=1 reason=2 message=3 lastUpdateTime=4:time lastTransitionTime=5:time status=6',
  },
};
