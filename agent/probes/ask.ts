import { connect } from 'node:net';
import type { HTTPGetAction, Probe } from '../../api/core/probe.ts';
import { type Container, type Pod, specOf } from '../pod-types.ts';
import { type ContainerRuntime, isRuntimeError } from '../runtime.ts';
import { grpcCheck } from './grpc-check.ts';
import { httpGet, urlOf } from './http-get.ts';
import type { ProbeOutcome } from './probe-state.ts';

/** What is asked, and where. */
export interface Asked {
  /** The container's id. */
  readonly id: string;
  readonly ports: Container['ports'];
  /** The pod's address. */
  readonly podIp: string | undefined;
}

/** How requests of probes name their sender, so that servers can tell them apart. */
export const PROBE_AGENT = 'kube-probe/1.33';

/**
 * Asks once (Kubernetes, "Configure Liveness, Readiness and Startup Probes"). Never rejects; ends soon after `signal` aborts, whose
 * reason says why.
 */
export async function ask(
  probe: Probe,
  asked: Asked,
  runtime: Pick<ContainerRuntime, 'exec'>,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  try {
    if (probe.exec) return await askCommand(probe.exec.command ?? [], asked, runtime, signal);
    if (probe.httpGet) return await askHttp(probe.httpGet, asked, signal);
    if (probe.tcpSocket) return await askTcp(probe.tcpSocket, asked, signal);
    if (probe.grpc) return await askGrpc(probe.grpc, asked, signal);
    return { result: 'success', message: '' };
  } catch (error) {
    if (signal.aborted) return { result: 'failure', message: (signal.reason as Error).message };
    return { result: error instanceof Unaskable ? 'unknown' : 'failure', message: (error as Error).message };
  }
}

/** The question itself cannot be put: no answer follows from that. */
class Unaskable extends Error {}

async function askCommand(
  command: readonly string[],
  { id }: Asked,
  runtime: Pick<ContainerRuntime, 'exec'>,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  try {
    const { exitCode, output } = await runtime.exec(id, command, signal);
    const message = output.trim() || `the command ended with exit code ${exitCode}`;
    return { result: exitCode === 0 ? 'success' : 'failure', message };
  } catch (error) {
    // An engine that is away says nothing of the container, and is told of elsewhere.
    if (isRuntimeError(error, 'unreachable')) throw new Unaskable('');
    throw isRuntimeError(error) ? new Unaskable(error.message) : error;
  }
}

async function askHttp(action: HTTPGetAction, asked: Asked, signal: AbortSignal): Promise<ProbeOutcome> {
  const url = urlOf(action, hostOf(action.host, asked), portOf(action.port, asked.ports));
  const status = await httpGet(url, action, PROBE_AGENT, signal);
  const result = status >= 200 && status < 400 ? 'success' : 'failure';
  return { result, message: `HTTP probe failed with statuscode: ${status}` };
}

function askTcp(action: NonNullable<Probe['tcpSocket']>, asked: Asked, signal: AbortSignal): Promise<ProbeOutcome> {
  const host = hostOf(action.host, asked);
  const port = portOf(action.port, asked.ports);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve({ result: 'success', message: '' });
    });
  });
}

async function askGrpc(
  { port, service = '' }: NonNullable<Probe['grpc']>,
  asked: Asked,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const host = hostOf(undefined, asked);
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const status = await grpcCheck(address, service, PROBE_AGENT, signal);
  if (status === 'SERVING') return { result: 'success', message: '' };
  return { result: 'failure', message: `service unhealthy (responded with "${status}")` };
}

function hostOf(own: string | undefined, { podIp }: Asked): string {
  const host = own || podIp;
  if (!host) throw new Unaskable('the pod has no address yet');
  return host;
}

/** The number of a port that is given by number, or by the name it has among the container's ports. */
export function portOf(port: string | number, ports: Container['ports'] = []): number {
  const number = Number(port);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  const named = ports.find((one) => one.name === port)?.containerPort;
  if (named === undefined) throw new Unaskable(`the container has no port named "${port}"`);
  return named;
}

/** Where a pod is reached: on its own network, or with its machine. */
export function addressOf(pod: Pod, around: { readonly podIp?: string; readonly hostIp: string }): string | undefined {
  return specOf(pod).hostNetwork ? around.hostIp : around.podIp;
}
