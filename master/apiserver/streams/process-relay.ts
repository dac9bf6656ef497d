import { internalError, type Status } from '../../../api/meta/errors.ts';
import type { TunnelResult } from '../../../proto/messages.ts';
import type { AgentTunnel } from '../../agents/streams.ts';
import type { ProcessInput } from './channels.ts';
import { endBytes, writeBytes } from './tunnel-bytes.ts';

/** The client of a process, over whatever protocol. */
export interface ProcessClient {
  /** Pulled; ends or throws when the client has gone. */
  readonly input: AsyncIterable<ProcessInput>;
  /** Resolves when more may follow; rejects when the client has gone. */
  write(stream: 'stdout' | 'stderr', data: Uint8Array): Promise<void>;
  /** Says how it ended. The last word. */
  finish(status: EndStatus): Promise<void>;
  close(): void;
}

/** A Status as it goes through a stream: without kind and version. */
export type EndStatus = Pick<Status, 'metadata' | 'status' | 'message' | 'reason' | 'details'> & { code?: number };

/** Carries bytes between a client and a process until the process ends or either side goes away. Never rejects. */
export async function relayProcess(client: ProcessClient, tunnel: AgentTunnel): Promise<void> {
  void relayInput(client, tunnel)
    .catch(() => {})
    .then(() => tunnel.close());
  try {
    for await (const { data, stderr, result } of tunnel) {
      if (data && data.length > 0) await client.write('stdout', data);
      if (stderr && stderr.length > 0) await client.write('stderr', stderr);
      if (result) return await client.finish(endOf(result));
    }
  } catch (error) {
    // Where the client has gone, nobody hears this.
    await client.finish(failure((error as Error).message)).catch(() => {});
  } finally {
    tunnel.close();
    client.close();
  }
}

async function relayInput(client: ProcessClient, tunnel: AgentTunnel): Promise<void> {
  for await (const input of client.input) {
    if (input.type === 'end') await endBytes(tunnel);
    else if (input.type === 'resize') {
      const { width, height } = input;
      await tunnel.write({ frame: 'resize', resize: { width, height } });
    } else await writeBytes(tunnel, input.data);
  }
}

/** How clients read the end of a process: the exit code is a cause (Kubernetes, client-go "remotecommand", v4). */
export function endOf({ ok, exitCode, message }: TunnelResult): EndStatus {
  if (!ok) return failure(message);
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code: ${exitCode}`,
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

function failure(message: string): EndStatus {
  const { kind: _kind, apiVersion: _version, ...status } = internalError(message).status;
  return status;
}
