import type { AgentTunnel } from '../../agents/streams.ts';

/** Most bytes in one frame. */
const FRAME_BYTES = 64 * 1024;

/** Sends bytes to an agent as frames; resolves when more may follow, rejects when the tunnel is gone. */
export async function writeBytes(tunnel: AgentTunnel, bytes: Buffer): Promise<void> {
  for (let from = 0; from < bytes.length; from += FRAME_BYTES) {
    await tunnel.write({ frame: 'data', data: bytes.subarray(from, from + FRAME_BYTES) });
  }
}

/** No more bytes this way. */
export const endBytes = (tunnel: AgentTunnel): Promise<void> => tunnel.write({ frame: 'end', end: true });
