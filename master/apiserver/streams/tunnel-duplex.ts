import { Duplex } from 'node:stream';
import type { AgentTunnel } from '../../agents/streams.ts';
import { endBytes, writeBytes } from './tunnel-bytes.ts';

/** A tunnel to a port as a stream of Node's, for what speaks over sockets. Owns the tunnel. */
export function tunnelDuplex(tunnel: AgentTunnel): Duplex {
  const frames = tunnel[Symbol.asyncIterator]();
  const pull = async (): Promise<Buffer | null> => {
    for (;;) {
      const next = await frames.next();
      if (next.done) return null;
      const { data, result } = next.value;
      if (data && data.length > 0) return Buffer.from(data);
      if (result && !result.ok) throw new Error(result.message);
    }
  };
  return new Duplex({
    read() {
      pull().then(
        (bytes) => this.push(bytes),
        (error) => this.destroy(error),
      );
    },
    write(bytes: Buffer, _encoding, done) {
      writeBytes(tunnel, bytes).then(() => done(), done);
    },
    final(done) {
      endBytes(tunnel).then(() => done(), done);
    },
    destroy(error, done) {
      tunnel.close();
      done(error);
    },
  });
}
