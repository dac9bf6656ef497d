import {
  boolean,
  described,
  int32,
  keyDefault,
  list,
  oneOf,
  optional,
  type Static,
  string,
  struct,
} from '../meta/schema.ts';
import { EnvFromSourceSchema, EnvVarSchema } from './env.ts';
import { LifecycleSchema, ProbeSchema } from './probe.ts';
import { ResourceRequirementsSchema } from './resource-requirements.ts';
import { SecurityContextSchema } from './security-context.ts';

/** A container as a pod describes it. */

export const ContainerPortSchema = struct('io.k8s.api.core.v1.ContainerPort', 'A port the container listens on.', {
  containerPort: int32('Number of the port in the container, 1 to 65535.'),
  hostIP: optional(string('Address of the machine the port is bound to.')),
  hostPort: optional(int32('Port of the machine that leads here; most pods need none.')),
  name: optional(string('Name by which probes and services refer to the port.')),
  protocol: optional(keyDefault(oneOf('TCP (default), UDP or SCTP.', ['TCP', 'UDP', 'SCTP']), 'TCP')),
});
export type ContainerPort = Static<typeof ContainerPortSchema>;

export const VolumeMountSchema = struct('io.k8s.api.core.v1.VolumeMount', 'Where a volume appears in a container.', {
  mountPath: string('Path in the container; may not hold `:`.'),
  mountPropagation: optional(
    oneOf('Whether mounts made inside or outside are seen on the other side; default None.', [
      'None',
      'HostToContainer',
      'Bidirectional',
    ]),
  ),
  name: string('Name of a volume of the pod.'),
  readOnly: optional(boolean('Mount it read-only; default false.')),
  recursiveReadOnly: optional(
    oneOf('Whether mounts below it are read-only too.', ['Disabled', 'IfPossible', 'Enabled']),
  ),
  subPath: optional(string('Path within the volume; default its root.')),
  subPathExpr: optional(string('Path within the volume in which `$(NAME)` refers to variables.')),
});
export type VolumeMount = Static<typeof VolumeMountSchema>;

export const VolumeDeviceSchema = struct('io.k8s.api.core.v1.VolumeDevice', 'A raw block device in a container.', {
  devicePath: string('Path of the device in the container.'),
  name: string('Name of a persistent volume claim of the pod.'),
});

export const ContainerResizePolicySchema = struct(
  'io.k8s.api.core.v1.ContainerResizePolicy',
  'What a change of a resource means for a running container.',
  {
    resourceName: string('Resource it applies to: cpu or memory.'),
    restartPolicy: oneOf('Whether a change restarts the container.', ['NotRequired', 'RestartContainer']),
  },
);

export const ContainerRestartRuleSchema = struct(
  'io.k8s.api.core.v1.ContainerRestartRule',
  'What to do when the container ends in a certain way.',
  {
    action: oneOf('What is done when the rule matches.', ['Restart', 'RestartAllContainers']),
    exitCodes: optional(
      struct('io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes', 'Exit codes a rule matches.', {
        operator: oneOf('Whether the code must be in the set.', ['In', 'NotIn']),
        values: optional(list(int32('An exit code.'), 'Exit codes to compare with.', { type: 'set' })),
      }),
    ),
  },
);

const containerFields = {
  args: optional(list(string('A word.'), 'Arguments of the entry point; default those of the image.')),
  command: optional(list(string('A word.'), 'Entry point, run without a shell; default the one of the image.')),
  env: optional(list(EnvVarSchema, 'Environment variables.', { type: 'map', keys: ['name'], mergeKey: 'name' })),
  envFrom: optional(list(EnvFromSourceSchema, 'ConfigMaps and Secrets whose keys become variables; `env` wins.')),
  image: optional(string('Name of the image.')),
  imagePullPolicy: optional(
    oneOf('When the image is fetched; default Always for the tag latest, else IfNotPresent.', [
      'Always',
      'IfNotPresent',
      'Never',
    ]),
  ),
  lifecycle: optional(LifecycleSchema),
  livenessProbe: optional(described(ProbeSchema, 'When it fails, the container is restarted.')),
  name: string('Name of the container, unique within the pod.'),
  ports: optional(
    list(ContainerPortSchema, 'Ports the container listens on; other ports are reachable too.', {
      type: 'map',
      keys: ['containerPort', 'protocol'],
      mergeKey: 'containerPort',
    }),
  ),
  readinessProbe: optional(described(ProbeSchema, 'While it fails, the container is not ready.')),
  resizePolicy: optional(list(ContainerResizePolicySchema, 'What changes of resources mean while it runs.')),
  resources: optional(described(ResourceRequirementsSchema, 'Requests and limits.')),
  restartPolicy: optional(
    string('Replaces the restart policy of the pod; Always on an init container makes a sidecar.'),
  ),
  restartPolicyRules: optional(list(ContainerRestartRuleSchema, 'Rules tried in order before restartPolicy.')),
  securityContext: optional(SecurityContextSchema),
  startupProbe: optional(
    described(ProbeSchema, 'Until it succeeds, no other probe runs; when it fails, the container is restarted.'),
  ),
  stdin: optional(boolean('Keep standard input open; default false.')),
  stdinOnce: optional(boolean('Close standard input after the first client leaves; default false.')),
  terminationMessagePath: optional(
    string('File whose content becomes the final message; default /dev/termination-log.'),
  ),
  terminationMessagePolicy: optional(
    oneOf('Where the final message comes from: File (default), or the end of the log on error.', [
      'File',
      'FallbackToLogsOnError',
    ]),
  ),
  tty: optional(boolean('Give it a terminal; needs stdin. Default false.')),
  volumeDevices: optional(
    list(VolumeDeviceSchema, 'Block devices.', { type: 'map', keys: ['devicePath'], mergeKey: 'devicePath' }),
  ),
  volumeMounts: optional(
    list(VolumeMountSchema, 'Volumes mounted into the container.', {
      type: 'map',
      keys: ['mountPath'],
      mergeKey: 'mountPath',
    }),
  ),
  workingDir: optional(string('Working directory; default the one of the image.')),
};

export const ContainerSchema = struct('io.k8s.api.core.v1.Container', 'A container of a pod.', containerFields);
export type Container = Static<typeof ContainerSchema>;

export const EphemeralContainerSchema = struct(
  'io.k8s.api.core.v1.EphemeralContainer',
  'A container added to a running pod, to look into it.',
  {
    ...containerFields,
    targetContainerName: optional(string('Container whose process namespace it joins.')),
  },
);
export type EphemeralContainer = Static<typeof EphemeralContainerSchema>;
