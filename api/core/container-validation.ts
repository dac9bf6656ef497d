import type { FieldError } from '../meta/errors.ts';
import { duplicate, forbiddenField, invalidValue, notSupported, required } from '../meta/validation.ts';
import { each, faultOf, insidePath, portNameFault, portNumber, requiredName } from './checks.ts';
import type { Container, ContainerPort, VolumeMount } from './container.ts';
import { validateEnv, validateEnvFrom } from './env-validation.ts';
import { validateResizePolicy } from './pod-resize.ts';
import { isSidecar } from './pod-resources.ts';
import type { PodSpec } from './pod-spec.ts';
import { validateLifecycle, validateProbes } from './probe-validation.ts';
import { validateResources } from './resource-validation.ts';
import { validateSecurityContext } from './security-validation.ts';

/** Containers of a pod, one by one and side by side. */

const RESTART_POLICIES = ['Always', 'Never', 'OnFailure'];

function portFaults(ports: readonly ContainerPort[] | undefined, path: string, hostNetwork: boolean): FieldError[] {
  const names = new Set<string>();
  return each(ports, path, (port, at) => {
    const errors: FieldError[] = [];
    if (port.name) {
      errors.push(...faultOf(`${at}.name`, port.name, portNameFault(port.name)));
      if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
      names.add(port.name);
    }
    if (port.containerPort) errors.push(...portNumber(`${at}.containerPort`, port.containerPort));
    else errors.push(required(`${at}.containerPort`));
    if (port.hostPort) errors.push(...portNumber(`${at}.hostPort`, port.hostPort));
    if (hostNetwork && port.hostPort && port.hostPort !== port.containerPort)
      errors.push(
        invalidValue(`${at}.containerPort`, port.containerPort, 'must match `hostPort` when `hostNetwork` is true'),
      );
    return errors;
  });
}

function mountFaults(container: Container, spec: PodSpec, path: string): FieldError[] {
  const volumes = new Set(spec.volumes?.map((volume) => volume.name));
  const paths = new Set<string>();
  return each(container.volumeMounts, `${path}.volumeMounts`, (mount, at) => {
    const errors: FieldError[] = [];
    if (!mount.name) errors.push(required(`${at}.name`));
    else if (!volumes.has(mount.name))
      errors.push({
        type: 'FieldValueNotFound',
        path: `${at}.name`,
        message: `Not found: ${JSON.stringify(mount.name)}`,
      });
    if (!mount.mountPath) errors.push(required(`${at}.mountPath`));
    else if (mount.mountPath.includes(':'))
      errors.push(invalidValue(`${at}.mountPath`, mount.mountPath, "must not contain ':'"));
    if (paths.has(mount.mountPath)) errors.push(invalidValue(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    paths.add(mount.mountPath);
    return [...errors, ...subPathFaults(mount, at), ...propagationFaults(mount, container, at)];
  });
}

function subPathFaults(mount: VolumeMount, path: string): FieldError[] {
  return [
    ...(mount.subPath ? insidePath(`${path}.subPath`, mount.subPath) : []),
    ...(mount.subPathExpr ? insidePath(`${path}.subPathExpr`, mount.subPathExpr) : []),
    ...(mount.subPath && mount.subPathExpr
      ? [invalidValue(`${path}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive')]
      : []),
  ];
}

function propagationFaults(mount: VolumeMount, container: Container, path: string): FieldError[] {
  if (mount.mountPropagation !== 'Bidirectional' || container.securityContext?.privileged) return [];
  return [
    forbiddenField(
      `${path}.mountPropagation`,
      'Bidirectional mount propagation is available only to privileged containers',
    ),
  ];
}

function imageFaults(image: string | undefined, path: string): FieldError[] {
  if (!image) return [required(path)];
  return image === image.trim() ? [] : [invalidValue(path, image, 'must not have leading or trailing whitespace')];
}

function restartFaults(container: Container, path: string): FieldError[] {
  const { restartPolicy, restartPolicyRules } = container;
  const errors: FieldError[] = [];
  if (restartPolicy && !RESTART_POLICIES.includes(restartPolicy))
    errors.push(notSupported(`${path}.restartPolicy`, restartPolicy, RESTART_POLICIES));
  if (restartPolicyRules?.length && !restartPolicy)
    errors.push(required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used'));
  return errors;
}

/** Faults of one container by itself. */
export function validateContainer(container: Container, spec: PodSpec, path: string): FieldError[] {
  return [
    ...requiredName('label', `${path}.name`, container.name),
    ...imageFaults(container.image, `${path}.image`),
    ...validateLifecycle(container, path, spec.terminationGracePeriodSeconds ?? 0),
    ...validateProbes(container, path),
    ...restartFaults(container, path),
    ...portFaults(container.ports, `${path}.ports`, spec.hostNetwork ?? false),
    ...validateEnv(container.env, `${path}.env`),
    ...validateEnvFrom(container.envFrom, `${path}.envFrom`),
    ...mountFaults(container, spec, path),
    ...validateResources(container.resources, `${path}.resources`),
    ...validateResizePolicy(container, spec.restartPolicy, path),
    ...validateSecurityContext(container.securityContext, `${path}.securityContext`),
  ];
}

/** What an init container that runs to its end cannot have. */
function initOnlyFaults(container: Container, path: string): FieldError[] {
  if (isSidecar(container)) return [];
  const fields = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const;
  return fields
    .filter((field) => container[field] !== undefined)
    .map((field) =>
      forbiddenField(`${path}.${field}`, 'may not be set for init containers without restartPolicy=Always'),
    );
}

/** A port of the machine can be had once per protocol and address. */
function hostPortFaults(containers: readonly Container[], path: string): FieldError[] {
  const taken = new Set<string>();
  return each(containers, path, (container, at) =>
    each(container.ports, `${at}.ports`, (port, portPath) => {
      if (!port.hostPort) return [];
      const key = `${port.protocol ?? 'TCP'}/${port.hostIP ?? ''}/${port.hostPort}`;
      if (taken.has(key)) return [duplicate(`${portPath}.hostPort`, key)];
      taken.add(key);
      return [];
    }),
  );
}

export function validateContainers(spec: PodSpec, path: string): FieldError[] {
  const { containers, initContainers = [] } = spec;
  if (!containers.length) return [required(`${path}.containers`)];
  const names = new Set<string>();
  const nameTaken = (container: Container, at: string): FieldError[] => {
    const isTaken = container.name !== '' && names.has(container.name);
    names.add(container.name);
    return isTaken ? [duplicate(`${at}.name`, container.name)] : [];
  };
  return [
    ...each(containers, `${path}.containers`, (container, at) => [
      ...validateContainer(container, spec, at),
      ...nameTaken(container, at),
    ]),
    ...hostPortFaults(containers, `${path}.containers`),
    ...each(initContainers, `${path}.initContainers`, (container, at) => [
      ...validateContainer(container, spec, at),
      ...initOnlyFaults(container, at),
      ...nameTaken(container, at),
    ]),
    ...hostPortFaults(initContainers, `${path}.initContainers`),
  ];
}
