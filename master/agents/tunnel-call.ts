import type { Duplex } from 'node:stream';
import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import { MessageStream } from '../../platform/message-stream.ts';
import type { TunnelFrame as TunnelFrameInput } from '../../proto/gen/stowage/agent/v1/TunnelFrame.ts';
import type { TunnelFrame } from '../../proto/messages.ts';
import type { AgentTunnel } from './streams.ts';

export type TunnelServerCall = ServerDuplexStream<TunnelFrame, TunnelFrameInput>;

/** A tunnel over a gRPC call that the agent made. Owns the call, which is over after `result` or `close`. */
export class TunnelCall implements AgentTunnel {
  readonly #call: TunnelServerCall;
  readonly #nodeName: string;
  readonly #stream: MessageStream<TunnelFrame, TunnelFrame>;
  readonly #frames: AsyncIterator<TunnelFrame>;
  #over = false;
  #onClose = () => {};

  constructor(call: TunnelServerCall, nodeName: string) {
    this.#call = call;
    this.#nodeName = nodeName;
    this.#stream = new MessageStream(call as unknown as Duplex);
    this.#frames = this.#stream[Symbol.asyncIterator]();
  }

  /** The id in the frame that must come first; `undefined` when something else came. */
  async readOpen(): Promise<string | undefined> {
    const first = await this.#frames.next();
    return first.done ? undefined : first.value.open;
  }

  write(frame: TunnelFrame): Promise<void> {
    return this.#stream.write(frame);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<TunnelFrame> {
    while (true) {
      const next = await this.#frames.next().catch((cause: unknown) => {
        throw this.#lost(cause);
      });
      if (next.done) throw this.#lost();
      if (next.value.result) this.#finish();
      yield next.value;
      if (next.value.result) return;
    }
  }

  /** `listener` is called when the client leaves before the agent has ended the stream. */
  onClose(listener: () => void): void {
    this.#onClose = listener;
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#onClose();
    this.refuse(status.CANCELLED, 'the client of the stream has gone');
  }

  /** Ends the call with an error status for the agent. */
  refuse(code: status, details: string): void {
    const reason = new Error(details);
    this.#stream.finish(reason);
    this.#call.emit('error', Object.assign(reason, { code, details }));
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stream.closeWrites(new Error('the agent has ended the stream'));
    this.#call.end();
  }

  #lost(cause?: unknown): Error {
    return new Error(`the agent of node ${this.#nodeName} went away before the stream was done`, { cause });
  }
}
