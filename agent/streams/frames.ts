import type { Tunnel } from '../transport.ts';

/** Most bytes in one frame. */
const FRAME_BYTES = 64 * 1024;

/** Sends bytes as frames; resolves when more may follow. */
export async function writePieces(tunnel: Tunnel, kind: 'data' | 'stderr', bytes: Uint8Array): Promise<void> {
  for (let from = 0; from < bytes.length; from += FRAME_BYTES) {
    const piece = bytes.subarray(from, from + FRAME_BYTES);
    const buffer = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    await tunnel.write(kind === 'data' ? { frame: kind, data: buffer } : { frame: kind, stderr: buffer });
  }
}

/** All went well. The reader may have left: then nobody needs the result. */
export const finish = (tunnel: Tunnel, exitCode = 0): Promise<void> =>
  tunnel.write({ frame: 'result', result: { ok: true, exitCode, message: '' } }).catch(() => {});

/** It cannot be done, for a reason that a person understands. */
export const refuse = (tunnel: Tunnel, message: string): Promise<void> =>
  tunnel.write({ frame: 'result', result: { ok: false, exitCode: 0, message } }).catch(() => {});
