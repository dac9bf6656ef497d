import type { MessageTable } from './table.ts';

/** A pod: what it should be, and what became of it. */
export const podMessages: MessageTable = {
  v1: {
    Pod: 'metadata=1:ObjectMeta spec=2:PodSpec status=3:PodStatus',
    PodSpec:
      'volumes=1:[]Volume containers=2:[]Container restartPolicy=3 terminationGracePeriodSeconds=4:int? activeDeadlineSeconds=5:int? dnsPolicy=6 nodeSelector=7:{}string serviceAccountName=8 serviceAccount=9 nodeName=10 hostNetwork=11:bool hostPID=12:bool hostIPC=13:bool securityContext=14:PodSecurityContext imagePullSecrets=15:[]LocalObjectReference hostname=16 subdomain=17 affinity=18:Affinity schedulerName=19 initContainers=20:[]Container automountServiceAccountToken=21:bool? tolerations=22:[]Toleration hostAliases=23:[]HostAlias priorityClassName=24 priority=25:int? dnsConfig=26:PodDNSConfig shareProcessNamespace=27:bool? readinessGates=28:[]PodReadinessGate runtimeClassName=29 enableServiceLinks=30:bool? preemptionPolicy=31 overhead=32:{}quantity topologySpreadConstraints=33:[]TopologySpreadConstraint ephemeralContainers=34:[]EphemeralContainer setHostnameAsFQDN=35:bool? os=36:PodOS hostUsers=37:bool? schedulingGates=38:[]PodSchedulingGate resourceClaims=39:[]PodResourceClaim resources=40:ResourceRequirements hostnameOverride=41 schedulingGroup=43:PodSchedulingGroup',
    PodStatus:
      'phase=1 conditions=2:[]PodCondition message=3 reason=4 hostIP=5 podIP=6 startTime=7:time containerStatuses=8:[]ContainerStatus qosClass=9 initContainerStatuses=10:[]ContainerStatus nominatedNodeName=11 podIPs=12:[]PodIP ephemeralContainerStatuses=13:[]ContainerStatus resize=14 resourceClaimStatuses=15:[]PodResourceClaimStatus hostIPs=16:[]HostIP observedGeneration=17:int extendedResourceClaimStatus=18:PodExtendedResourceClaimStatus allocatedResources=19:{}quantity resources=20:ResourceRequirements nodeAllocatableResourceClaimStatuses=21:[]NodeAllocatableResourceClaimStatus',
    PodTemplateSpec: 'metadata=1:ObjectMeta spec=2:PodSpec',
    LocalObjectReference: 'name=1',
    Container:
      'name=1 image=2 command=3:[]string args=4:[]string workingDir=5 ports=6:[]ContainerPort env=7:[]EnvVar resources=8:ResourceRequirements volumeMounts=9:[]VolumeMount livenessProbe=10:Probe readinessProbe=11:Probe lifecycle=12:Lifecycle terminationMessagePath=13 imagePullPolicy=14 securityContext=15:SecurityContext stdin=16:bool stdinOnce=17:bool tty=18:bool envFrom=19:[]EnvFromSource terminationMessagePolicy=20 volumeDevices=21:[]VolumeDevice startupProbe=22:Probe resizePolicy=23:[]ContainerResizePolicy restartPolicy=24 restartPolicyRules=25:[]ContainerRestartRule',
    EphemeralContainer: 'ephemeralContainerCommon=1:^EphemeralContainerCommon targetContainerName=2',
    PodSecurityContext:
      'seLinuxOptions=1:SELinuxOptions runAsUser=2:int? runAsNonRoot=3:bool? supplementalGroups=4:[]int fsGroup=5:int? runAsGroup=6:int? sysctls=7:[]Sysctl windowsOptions=8:WindowsSecurityContextOptions fsGroupChangePolicy=9 seccompProfile=10:SeccompProfile appArmorProfile=11:AppArmorProfile supplementalGroupsPolicy=12 seLinuxChangePolicy=13',
    Affinity: 'nodeAffinity=1:NodeAffinity podAffinity=2:PodAffinity podAntiAffinity=3:PodAntiAffinity',
    Toleration: 'key=1 operator=2 value=3 effect=4 tolerationSeconds=5:int?',
    HostAlias: 'ip=1 hostnames=2:[]string',
    PodDNSConfig: 'nameservers=1:[]string searches=2:[]string options=3:[]PodDNSConfigOption',
    PodReadinessGate: 'conditionType=1',
    TopologySpreadConstraint:
      'maxSkew=1:int topologyKey=2 whenUnsatisfiable=3 labelSelector=4:LabelSelector minDomains=5:int? nodeAffinityPolicy=6 nodeTaintsPolicy=7 matchLabelKeys=8:[]string',
    PodOS: 'name=1',
    PodSchedulingGate: 'name=1',
    PodResourceClaim: 'name=1 resourceClaimName=3 resourceClaimTemplateName=4',
    ResourceRequirements: 'limits=1:{}quantity requests=2:{}quantity claims=3:[]ResourceClaim',
    PodSchedulingGroup: 'podGroupName=1',
    PodCondition:
      'type=1 status=2 lastProbeTime=3:time lastTransitionTime=4:time reason=5 message=6 observedGeneration=7:int',
    HostIP: 'ip=1',
    PodIP: 'ip=1',
    ContainerStatus:
      'name=1 state=2:ContainerState lastState=3:ContainerState ready=4:bool restartCount=5:int image=6 imageID=7 containerID=8 started=9:bool? allocatedResources=10:{}quantity resources=11:ResourceRequirements volumeMounts=12:[]VolumeMountStatus user=13:ContainerUser allocatedResourcesStatus=14:[]ResourceStatus stopSignal=15',
    PodResourceClaimStatus: 'name=1 resourceClaimName=2',
    PodExtendedResourceClaimStatus: 'requestMappings=1:[]ContainerExtendedResourceRequest resourceClaimName=2',
    NodeAllocatableResourceClaimStatus: 'resourceClaimName=1 containers=2:[]string',
    NodeSelector: 'nodeSelectorTerms=1:[]NodeSelectorTerm',
    ContainerPort: 'name=1 hostPort=2:int containerPort=3:int protocol=4 hostIP=5',
    EnvFromSource: 'prefix=1 configMapRef=2:ConfigMapEnvSource secretRef=3:SecretEnvSource',
    EnvVar: 'name=1 value=2 valueFrom=3:EnvVarSource',
    ContainerResizePolicy: 'resourceName=1 restartPolicy=2',
    ContainerRestartRule: 'action=1 exitCodes=2:ContainerRestartRuleOnExitCodes',
    VolumeMount: 'name=1 readOnly=2:bool mountPath=3 subPath=4 mountPropagation=5 subPathExpr=6 recursiveReadOnly=7',
    VolumeDevice: 'name=1 devicePath=2',
    Probe:
      'handler=1:^ProbeHandler initialDelaySeconds=2:int timeoutSeconds=3:int periodSeconds=4:int successThreshold=5:int failureThreshold=6:int terminationGracePeriodSeconds=7:int?',
    Lifecycle: 'postStart=1:LifecycleHandler preStop=2:LifecycleHandler stopSignal=3',
    SecurityContext:
      'capabilities=1:Capabilities privileged=2:bool? seLinuxOptions=3:SELinuxOptions runAsUser=4:int? runAsNonRoot=5:bool? readOnlyRootFilesystem=6:bool? allowPrivilegeEscalation=7:bool? runAsGroup=8:int? procMount=9 windowsOptions=10:WindowsSecurityContextOptions seccompProfile=11:SeccompProfile appArmorProfile=12:AppArmorProfile',
    EphemeralContainerCommon:
      'name=1 image=2 command=3:[]string args=4:[]string workingDir=5 ports=6:[]ContainerPort env=7:[]EnvVar resources=8:ResourceRequirements volumeMounts=9:[]VolumeMount livenessProbe=10:Probe readinessProbe=11:Probe lifecycle=12:Lifecycle terminationMessagePath=13 imagePullPolicy=14 securityContext=15:SecurityContext stdin=16:bool stdinOnce=17:bool tty=18:bool envFrom=19:[]EnvFromSource terminationMessagePolicy=20 volumeDevices=21:[]VolumeDevice startupProbe=22:Probe resizePolicy=23:[]ContainerResizePolicy restartPolicy=24 restartPolicyRules=25:[]ContainerRestartRule',
    SELinuxOptions: 'user=1 role=2 type=3 level=4',
    WindowsSecurityContextOptions: 'gmsaCredentialSpecName=1 gmsaCredentialSpec=2 runAsUserName=3 hostProcess=4:bool?',
    Sysctl: 'name=1 value=2',
    SeccompProfile: 'type=1 localhostProfile=2',
    AppArmorProfile: 'type=1 localhostProfile=2',
    NodeAffinity:
      'requiredDuringSchedulingIgnoredDuringExecution=1:NodeSelector preferredDuringSchedulingIgnoredDuringExecution=2:[]PreferredSchedulingTerm',
    PodAffinity:
      'requiredDuringSchedulingIgnoredDuringExecution=1:[]PodAffinityTerm preferredDuringSchedulingIgnoredDuringExecution=2:[]WeightedPodAffinityTerm',
    PodAntiAffinity:
      'requiredDuringSchedulingIgnoredDuringExecution=1:[]PodAffinityTerm preferredDuringSchedulingIgnoredDuringExecution=2:[]WeightedPodAffinityTerm',
    PodDNSConfigOption: 'name=1 value=2',
    ResourceClaim: 'name=1 request=2',
    ContainerState:
      'waiting=1:ContainerStateWaiting running=2:ContainerStateRunning terminated=3:ContainerStateTerminated',
    VolumeMountStatus: 'name=1 mountPath=2 readOnly=3:bool recursiveReadOnly=4 volumeStatus=5:VolumeStatus',
    ContainerUser: 'linux=1:LinuxContainerUser',
    ResourceStatus: 'name=1 resources=2:[]ResourceHealth',
    ContainerExtendedResourceRequest: 'containerName=1 resourceName=2 requestName=3',
    NodeSelectorTerm: 'matchExpressions=1:[]NodeSelectorRequirement matchFields=2:[]NodeSelectorRequirement',
    ConfigMapEnvSource: 'localObjectReference=1:^LocalObjectReference optional=2:bool?',
    SecretEnvSource: 'localObjectReference=1:^LocalObjectReference optional=2:bool?',
    EnvVarSource:
      'fieldRef=1:ObjectFieldSelector resourceFieldRef=2:ResourceFieldSelector configMapKeyRef=3:ConfigMapKeySelector secretKeyRef=4:SecretKeySelector fileKeyRef=5:FileKeySelector',
    ContainerRestartRuleOnExitCodes: 'operator=1 values=2:[]int',
    ProbeHandler: 'exec=1:ExecAction httpGet=2:HTTPGetAction tcpSocket=3:TCPSocketAction grpc=4:GRPCAction',
    LifecycleHandler: 'exec=1:ExecAction httpGet=2:HTTPGetAction tcpSocket=3:TCPSocketAction sleep=4:SleepAction',
    Capabilities: 'add=1:[]string drop=2:[]string',
    PreferredSchedulingTerm: 'weight=1:int preference=2:NodeSelectorTerm',
    PodAffinityTerm:
      'labelSelector=1:LabelSelector namespaces=2:[]string topologyKey=3 namespaceSelector=4:LabelSelector matchLabelKeys=5:[]string mismatchLabelKeys=6:[]string',
    WeightedPodAffinityTerm: 'weight=1:int podAffinityTerm=2:PodAffinityTerm',
    ContainerStateWaiting: 'reason=1 message=2',
    ContainerStateRunning: 'startedAt=1:time',
    ContainerStateTerminated:
      'exitCode=1:int signal=2:int reason=3 message=4 startedAt=5:time finishedAt=6:time containerID=7',
    VolumeStatus: 'image=1:ImageVolumeStatus',
    LinuxContainerUser: 'uid=1:int gid=2:int supplementalGroups=3:[]int',
    ResourceHealth: 'resourceID=1 health=2 message=6',
    NodeSelectorRequirement: 'key=1 operator=2 values=3:[]string',
    ObjectFieldSelector: 'apiVersion=1 fieldPath=2',
    ResourceFieldSelector: 'containerName=1 resource=2 divisor=3:quantity',
    ConfigMapKeySelector: 'localObjectReference=1:^LocalObjectReference key=2 optional=3:bool?',
    SecretKeySelector: 'localObjectReference=1:^LocalObjectReference key=2 optional=3:bool?',
    FileKeySelector: 'volumeName=1 path=2 key=3 optional=4:bool?',
    ExecAction: 'command=1:[]string',
    HTTPGetAction: 'path=1 port=2:int-or-string host=3 scheme=4 httpHeaders=5:[]HTTPHeader',
    TCPSocketAction: 'port=1:int-or-string host=2',
    GRPCAction: 'port=1:int service=2',
    SleepAction: 'seconds=1:int',
    ImageVolumeStatus: 'imageRef=1',
    HTTPHeader: 'name=1 value=2',
  },
};
