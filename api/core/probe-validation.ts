import type { FieldError } from '../meta/errors.ts';
import { forbiddenField, invalidValue, required } from '../meta/validation.ts';
import { each, nonNegative, portNumber, portReference, requiredText } from './checks.ts';
import type { Container } from './container.ts';
import type { HTTPGetAction, LifecycleHandler, Probe } from './probe.ts';

/** Probes and life-cycle hooks ("Configure Liveness, Readiness and Startup Probes", "Container Lifecycle Hooks"). */

type Handler = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & Pick<LifecycleHandler, 'sleep'>;

const HEADER_NAME = /^[-A-Za-z0-9]+$/;

function httpFaults(action: HTTPGetAction, path: string): FieldError[] {
  return [
    ...requiredText(`${path}.path`, action.path),
    ...portReference(`${path}.port`, action.port),
    ...each(action.httpHeaders, `${path}.httpHeaders`, (header, at) =>
      HEADER_NAME.test(header.name)
        ? []
        : [
            invalidValue(
              `${at}.name`,
              header.name,
              "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
            ),
          ],
    ),
  ];
}

function handlerFaults({ exec, httpGet, tcpSocket, grpc, sleep }: Handler, path: string, grace: number): FieldError[] {
  const set = [exec, httpGet, tcpSocket, grpc, sleep].filter(Boolean).length;
  const errors: FieldError[] = [];
  if (set === 0) errors.push(required(path, 'must specify a handler type'));
  if (set > 1) errors.push(forbiddenField(path, 'may not specify more than 1 handler type'));
  if (exec && !exec.command?.length) errors.push(required(`${path}.exec.command`));
  if (httpGet) errors.push(...httpFaults(httpGet, `${path}.httpGet`));
  if (tcpSocket) errors.push(...portReference(`${path}.tcpSocket.port`, tcpSocket.port));
  if (grpc) errors.push(...portNumber(`${path}.grpc.port`, grpc.port));
  if (sleep && (sleep.seconds < 0 || sleep.seconds > grace))
    errors.push(
      invalidValue(
        `${path}.sleep.seconds`,
        sleep.seconds,
        `must be non-negative and at most the grace period, ${grace}`,
      ),
    );
  return errors;
}

function probeFaults(probe: Probe, path: string): FieldError[] {
  return [
    ...handlerFaults(probe, path, 0),
    ...nonNegative(`${path}.initialDelaySeconds`, probe.initialDelaySeconds),
    ...nonNegative(`${path}.timeoutSeconds`, probe.timeoutSeconds),
    ...nonNegative(`${path}.periodSeconds`, probe.periodSeconds),
    ...nonNegative(`${path}.successThreshold`, probe.successThreshold),
    ...nonNegative(`${path}.failureThreshold`, probe.failureThreshold),
    ...(probe.terminationGracePeriodSeconds !== undefined && probe.terminationGracePeriodSeconds <= 0
      ? [
          invalidValue(
            `${path}.terminationGracePeriodSeconds`,
            probe.terminationGracePeriodSeconds,
            'must be greater than 0',
          ),
        ]
      : []),
  ];
}

const succeedsOnce = (probe: Probe, path: string): FieldError[] =>
  (probe.successThreshold ?? 1) === 1
    ? []
    : [invalidValue(`${path}.successThreshold`, probe.successThreshold, 'must be 1')];

export function validateProbes(container: Container, path: string): FieldError[] {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  const errors: FieldError[] = [];
  if (livenessProbe) {
    const at = `${path}.livenessProbe`;
    errors.push(...probeFaults(livenessProbe, at), ...succeedsOnce(livenessProbe, at));
  }
  if (readinessProbe) {
    const at = `${path}.readinessProbe`;
    errors.push(...probeFaults(readinessProbe, at));
    if (readinessProbe.terminationGracePeriodSeconds !== undefined)
      errors.push(
        invalidValue(
          `${at}.terminationGracePeriodSeconds`,
          readinessProbe.terminationGracePeriodSeconds,
          'must not be set for readinessProbes',
        ),
      );
  }
  if (startupProbe) {
    const at = `${path}.startupProbe`;
    errors.push(...probeFaults(startupProbe, at), ...succeedsOnce(startupProbe, at));
  }
  return errors;
}

/** `graceSeconds`: grace period of the pod, which a sleeping hook may not outlast. */
export function validateLifecycle(container: Container, path: string, graceSeconds: number): FieldError[] {
  const { postStart, preStop } = container.lifecycle ?? {};
  return [
    ...(postStart ? handlerFaults(postStart, `${path}.lifecycle.postStart`, graceSeconds) : []),
    ...(preStop ? handlerFaults(preStop, `${path}.lifecycle.preStop`, graceSeconds) : []),
  ];
}
