import type { Duplex } from 'node:stream';
import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import { isApiError } from '../../api/meta/errors.ts';
import { MessageStream } from '../../platform/message-stream.ts';
import type { TunnelFrame as TunnelFrameInput } from '../../proto/gen/stowage/agent/v1/TunnelFrame.ts';
import type { TunnelFrame } from '../../proto/messages.ts';
import type { AgentStreams, AgentTunnel } from './streams.ts';

export type RelayServerCall = ServerDuplexStream<TunnelFrame, TunnelFrameInput>;

/** Passes frames between another master and an agent whose session this one holds, until either has said all. Never rejects. */
export async function relay(call: RelayServerCall, open: AgentStreams['open']): Promise<void> {
  const stream = new MessageStream<TunnelFrame, TunnelFrameInput>(call as unknown as Duplex);
  const gone = new AbortController();
  for (const event of ['cancelled', 'close', 'error'])
    call.once(event, () => gone.abort(new Error('the other master has gone')));
  const frames = stream[Symbol.asyncIterator]();
  try {
    const first = await frames.next();
    const asked = first.done ? undefined : first.value.relay;
    if (!asked?.tunnel) throw new Error('the first frame of a relayed stream must name a node and what is asked of it');
    const { id: _, ...request } = asked.tunnel;
    const tunnel = await open(asked.nodeName, request, gone.signal);
    // Empty: the agent has opened its end.
    await stream.write({});
    void inwards(frames, tunnel, gone.signal);
    await outwards(tunnel, stream);
    call.end();
  } catch (error) {
    if (gone.signal.aborted) return;
    const details = error instanceof Error ? error.message : String(error);
    call.emit('error', Object.assign(new Error(details), { code: codeOf(error), details }));
  }
}

async function outwards(tunnel: AgentTunnel, stream: MessageStream<TunnelFrame, TunnelFrameInput>): Promise<void> {
  for await (const frame of tunnel) await stream.write(frame);
}

/** What the client sends. Its end without a word ends the tunnel; so does an agent that takes no more. Never rejects. */
async function inwards(frames: AsyncIterator<TunnelFrame>, tunnel: AgentTunnel, gone: AbortSignal): Promise<void> {
  try {
    for (let next = await frames.next(); !next.done; next = await frames.next()) await tunnel.write(next.value);
  } catch {
    if (gone.aborted) tunnel.close();
  }
}

function codeOf(error: unknown): status {
  if (!isApiError(error)) return status.UNAVAILABLE;
  if (error.code === 504) return status.DEADLINE_EXCEEDED;
  return error.code === 429 ? status.RESOURCE_EXHAUSTED : status.UNAVAILABLE;
}
