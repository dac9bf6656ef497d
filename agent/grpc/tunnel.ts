import type { Duplex } from 'node:stream';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { MessageStream } from '../../platform/message-stream.ts';
import type { TunnelFrame as TunnelFrameInput } from '../../proto/gen/stowage/agent/v1/TunnelFrame.ts';
import type { TunnelFrame } from '../../proto/messages.ts';
import type { Tunnel } from '../transport.ts';

/** A tunnel over a gRPC call. Owns the call; its first frame, which names the tunnel, is sent at once. */
export class GrpcTunnel implements Tunnel {
  readonly #call: ClientDuplexStream<TunnelFrameInput, TunnelFrame>;
  readonly #stream: MessageStream<TunnelFrame, TunnelFrame>;
  readonly #opened: Promise<void>;
  readonly #gone = new AbortController();
  #resultSent = false;

  constructor(call: ClientDuplexStream<TunnelFrameInput, TunnelFrame>, id: string) {
    this.#call = call;
    this.#stream = new MessageStream(call as unknown as Duplex);
    call.on('status', () => {
      const reason = new Error('the tunnel is gone: the master closed it');
      this.#stream.closeWrites(reason);
      this.#gone.abort(reason);
    });
    this.#opened = this.#stream.write({ frame: 'open', open: id });
    // Whoever writes next hears of a failure to open.
    this.#opened.catch(() => {});
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  async write(frame: TunnelFrame): Promise<void> {
    await this.#opened;
    await this.#stream.write(frame);
    if (frame.result) this.#resultSent = true;
  }

  [Symbol.asyncIterator](): AsyncIterator<TunnelFrame> {
    return this.#stream[Symbol.asyncIterator]();
  }

  close(): void {
    this.#stream.closeWrites(new Error('the tunnel is gone: this agent closed it'));
    // After a result the call is only half-closed, so that frames on their way still reach a slow reader.
    if (this.#resultSent) this.#call.end();
    else this.#call.cancel();
  }

  /** Ends the tunnel at once: its session is over. */
  abort(reason: Error): void {
    this.#gone.abort(reason);
    this.#stream.finish(reason);
    this.#call.cancel();
  }
}
