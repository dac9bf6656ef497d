import { setOwn } from '../meta/json.ts';
import { addQuantities } from '../meta/quantity.ts';
import type { Container } from './container.ts';
import { defaultPullPolicy } from './image.ts';
import type { Pod } from './pod.ts';
import type { PodSpec } from './pod-spec.ts';
import type { PodTemplateSpec } from './pod-template.ts';
import type { HTTPGetAction, Lifecycle, Probe } from './probe.ts';
import { amountOf } from './resource-requirements.ts';
import { setVolumeDefaults } from './volume-defaults.ts';

/** What Kubernetes fills in for a pod (API reference, "Pod v1 core"). An empty text counts as absent. */

const GRACE_SECONDS = 30;

function setHttpDefaults(action: HTTPGetAction | undefined): void {
  if (!action) return;
  action.path ||= '/';
  action.scheme ||= 'HTTP';
}

function setProbeDefaults(probe: Probe | undefined): void {
  if (!probe) return;
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  setHttpDefaults(probe.httpGet);
  if (probe.grpc) probe.grpc.service ??= '';
}

function setLifecycleDefaults(lifecycle: Lifecycle | undefined): void {
  setHttpDefaults(lifecycle?.postStart?.httpGet);
  setHttpDefaults(lifecycle?.preStop?.httpGet);
}

function setContainerDefaults(container: Container): void {
  container.imagePullPolicy ||= defaultPullPolicy(container.image);
  container.terminationMessagePath ||= '/dev/termination-log';
  container.terminationMessagePolicy ||= 'File';
  container.resources ??= {};
  for (const port of container.ports ?? []) port.protocol ||= 'TCP';
  for (const variable of container.env ?? []) {
    if (variable.valueFrom?.fieldRef) variable.valueFrom.fieldRef.apiVersion ||= 'v1';
    if (variable.valueFrom?.fileKeyRef) variable.valueFrom.fileKeyRef.optional ??= false;
  }
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe])
    setProbeDefaults(probe);
  setLifecycleDefaults(container.lifecycle);
}

/** Defaults of a pod spec wherever it stands: in a pod or in a template. */
export function setPodSpecDefaults(spec: PodSpec): void {
  spec.restartPolicy ||= 'Always';
  spec.dnsPolicy ||= 'ClusterFirst';
  spec.terminationGracePeriodSeconds ??= GRACE_SECONDS;
  spec.schedulerName ||= 'default-scheduler';
  spec.securityContext ??= {};
  // One value under two names; the new name wins.
  const account = spec.serviceAccountName || spec.serviceAccount;
  if (account) {
    spec.serviceAccountName = account;
    spec.serviceAccount = account;
  }
  for (const container of [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])])
    setContainerDefaults(container);
  for (const volume of spec.volumes ?? []) setVolumeDefaults(volume);
}

/** Defaults of a template; never requests from limits, which are settled when a pod is made of it. */
export function setTemplateDefaults(template: PodTemplateSpec): void {
  template.metadata ??= {};
  template.spec ??= { containers: [] };
  setPodSpecDefaults(template.spec);
}

function requestLimits(container: Container): void {
  if (!container.resources?.limits) return;
  container.resources.requests = { ...container.resources.limits, ...container.resources.requests };
}

/** A limit of the whole pod becomes its request, unless its containers say what they need of that resource. */
function requestPodLimits(spec: PodSpec): void {
  if (!spec.resources?.limits) return;
  const requests = { ...spec.resources.requests };
  for (const [name, limit] of Object.entries(spec.resources.limits)) {
    const parts = spec.containers.flatMap((container) => amountOf(container.resources?.requests, name) ?? []);
    if (amountOf(requests, name) === undefined)
      setOwn(requests, name, parts.length > 0 ? parts.reduce(addQuantities) : limit);
  }
  spec.resources.requests = requests;
}

export function setPodDefaults(pod: Pod): void {
  pod.spec ??= { containers: [] };
  const { spec } = pod;
  spec.enableServiceLinks ??= true;
  for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) requestLimits(container);
  requestPodLimits(spec);
  if (spec.hostNetwork) {
    for (const container of [...spec.containers, ...(spec.initContainers ?? [])])
      for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
  }
  setPodSpecDefaults(spec);
}
