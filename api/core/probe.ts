import {
  described,
  int32,
  int64,
  intOrString,
  list,
  oneOf,
  optional,
  type Static,
  string,
  struct,
} from '../meta/schema.ts';

/** Actions the agent takes on a container: probes and life-cycle hooks. */

export const ExecActionSchema = struct('io.k8s.api.core.v1.ExecAction', 'Runs a command in the container.', {
  command: optional(list(string('A word.'), 'Command and its arguments; no shell. Exit code 0 is success.')),
});

export const HTTPHeaderSchema = struct('io.k8s.api.core.v1.HTTPHeader', 'One header of a probe request.', {
  name: string('Name of the header.'),
  value: string('Value of the header.'),
});

export const HTTPGetActionSchema = struct('io.k8s.api.core.v1.HTTPGetAction', 'Sends a GET request.', {
  host: optional(string('Host to connect to; default the pod IP.')),
  httpHeaders: optional(list(HTTPHeaderSchema, 'Headers to send.')),
  path: optional(string('Path to ask for; default /.')),
  port: intOrString('Number or name of the port.'),
  scheme: optional(oneOf('HTTP (default) or HTTPS.', ['HTTP', 'HTTPS'])),
});
export type HTTPGetAction = Static<typeof HTTPGetActionSchema>;

export const TCPSocketActionSchema = struct('io.k8s.api.core.v1.TCPSocketAction', 'Opens a TCP connection.', {
  host: optional(string('Host to connect to; default the pod IP.')),
  port: intOrString('Number or name of the port.'),
});

export const GRPCActionSchema = struct('io.k8s.api.core.v1.GRPCAction', 'Asks the gRPC health service.', {
  port: int32('Number of the port.'),
  service: optional(string('Name of the service to ask about.')),
});

export const SleepActionSchema = struct('io.k8s.api.core.v1.SleepAction', 'Waits.', {
  seconds: int64('How many seconds to wait.'),
});

export const ProbeSchema = struct(
  'io.k8s.api.core.v1.Probe',
  'A repeated check of a container; exactly one action is set.',
  {
    exec: optional(ExecActionSchema),
    failureThreshold: optional(int32('Failures in a row after which the probe has failed; default 3.')),
    grpc: optional(GRPCActionSchema),
    httpGet: optional(HTTPGetActionSchema),
    initialDelaySeconds: optional(int32('Seconds after start before the first check; default 0.')),
    periodSeconds: optional(int32('Seconds between checks; default 10.')),
    successThreshold: optional(int32('Successes in a row after which the probe has succeeded; default 1.')),
    tcpSocket: optional(TCPSocketActionSchema),
    terminationGracePeriodSeconds: optional(int64('Replaces the grace period of the pod when this probe ends it.')),
    timeoutSeconds: optional(int32('Seconds after which a check counts as failed; default 1.')),
  },
);
export type Probe = Static<typeof ProbeSchema>;

export const LifecycleHandlerSchema = struct(
  'io.k8s.api.core.v1.LifecycleHandler',
  'What a hook does; exactly one action is set.',
  {
    exec: optional(ExecActionSchema),
    httpGet: optional(HTTPGetActionSchema),
    sleep: optional(SleepActionSchema),
    tcpSocket: optional(TCPSocketActionSchema),
  },
);
export type LifecycleHandler = Static<typeof LifecycleHandlerSchema>;

export const LifecycleSchema = struct('io.k8s.api.core.v1.Lifecycle', 'Hooks around the life of a container.', {
  postStart: optional(described(LifecycleHandlerSchema, 'Called right after the container starts.')),
  preStop: optional(described(LifecycleHandlerSchema, 'Called before the container is told to stop.')),
  stopSignal: optional(string('Signal that asks the container to stop; default the one of its image, or SIGTERM.')),
});
export type Lifecycle = Static<typeof LifecycleSchema>;
