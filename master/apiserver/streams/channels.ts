/**
 * Messages of the subprotocols v4.channel.k8s.io and v5.channel.k8s.io: the first byte names the channel, the rest is what goes
 * through it (Kubernetes, client-go "remotecommand": 0 input, 1 output, 2 error output, 3 the final Status, 4 terminal sizes). In
 * v5 a message on channel 255 says which channel is at its end.
 */
export const CHANNEL_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;
export type ChannelProtocol = (typeof CHANNEL_PROTOCOLS)[number];

const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const;

/** What a client says to a process. */
export type ProcessInput =
  | { readonly type: 'stdin'; readonly data: Buffer }
  | { readonly type: 'end' }
  | { readonly type: 'resize'; readonly width: number; readonly height: number };

/** Reads a client's message; undefined for what means nothing. Never throws. */
export function readInput(message: Buffer, protocol: ChannelProtocol): ProcessInput | undefined {
  const data = message.subarray(1);
  switch (message[0]) {
    case CHANNEL.stdin:
      return data.length > 0 ? { type: 'stdin', data } : undefined;
    case CHANNEL.resize:
      return readSize(data.toString());
    case CHANNEL.close:
      return protocol === 'v5.channel.k8s.io' && data[0] === CHANNEL.stdin ? { type: 'end' } : undefined;
    default:
      return undefined;
  }
}

const MAX_SIZE = 65_535;

/** A terminal's size: `{"Width":80,"Height":24}`. */
export function readSize(json: string): ProcessInput | undefined {
  let size: unknown;
  try {
    size = JSON.parse(json);
  } catch {
    return undefined;
  }
  const { Width: width, Height: height } = (size ?? {}) as { Width?: unknown; Height?: unknown };
  return isSize(width) && isSize(height) ? { type: 'resize', width, height } : undefined;
}

const isSize = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) > 0 && (value as number) <= MAX_SIZE;

/** A message for the client. */
export function channelMessage(channel: 'stdout' | 'stderr' | 'status', data: Uint8Array): Buffer {
  const message = Buffer.allocUnsafe(data.length + 1);
  message[0] = CHANNEL[channel];
  message.set(data, 1);
  return message;
}
