import { pods } from '../../../api/core/pod.ts';
import { badRequest, noSuchPath, notFound } from '../../../api/meta/errors.ts';
import type { TunnelFrame } from '../../../proto/messages.ts';
import type { AgentTunnel } from '../../agents/streams.ts';
import { type Answer, text } from '../answer.ts';
import { type ApiContext, nameIn, type ResourceCall } from '../context.ts';
import { freshen } from '../freshness.ts';
import { chooseContainer, logLimits, requireStarted } from '../log-options.ts';

/** What a container wrote, from the agent of its node, as plain text. */
export async function log(context: ApiContext, call: ResourceCall): Promise<Answer> {
  if (call.resource.plural !== pods.plural || call.resource.group !== pods.group) throw noSuchPath();
  const { namespace = '' } = call.target;
  await freshen(context, undefined);
  const pod = context.cache.get(pods, namespace, nameIn(call));
  if (!pod) throw notFound(pods, nameIn(call));
  const limits = logLimits(call.query, context.clock.now());
  const container = chooseContainer(pod, call.query.get('container') || undefined);
  const nodeName = pod.spec?.nodeName;
  // A pod without a place has said nothing yet.
  if (!nodeName) return text(200, '');
  requireStarted(pod, container, limits.previous);
  const signal = AbortSignal.any([call.signal, context.stopping]);
  const podRef = { namespace, name: nameIn(call), uid: pod.metadata?.uid ?? '' };
  const request = { what: 'log', log: { ...limits, pod: podRef, container } } as const;
  const tunnel = await context.streams.open(nodeName, request, signal);
  return { type: 'stream', contentType: 'text/plain; charset=utf-8', chunks: await beginLog(tunnel, signal) };
}

/** Waits for the first frame, so that an agent's refusal can still become a Status. */
async function beginLog(tunnel: AgentTunnel, signal: AbortSignal): Promise<AsyncGenerator<Uint8Array>> {
  const close = () => tunnel.close();
  signal.addEventListener('abort', close, { once: true });
  const frames = tunnel[Symbol.asyncIterator]();
  try {
    const first = await frames.next();
    const refusal = first.done ? undefined : refusalIn(first.value);
    if (refusal !== undefined) throw badRequest(refusal);
    return pump(first, frames, close);
  } catch (error) {
    close();
    throw error;
  }
}

async function* pump(
  first: IteratorResult<TunnelFrame>,
  frames: AsyncIterator<TunnelFrame>,
  close: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    for (let next = first; !next.done; next = await frames.next()) {
      const { data, result } = next.value;
      if (data && data.length > 0) yield data;
      if (!result) continue;
      if (!result.ok) throw new Error(`the agent broke off the log: ${result.message}`);
      return;
    }
  } finally {
    close();
  }
}

const refusalIn = ({ result }: TunnelFrame): string | undefined =>
  result && !result.ok ? result.message || 'the agent has no such log' : undefined;
