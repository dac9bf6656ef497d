import { chmod, mkdir, open, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Container } from './pod-types.ts';
import type { ContainerRuntime, Mount } from './runtime.ts';

/**
 * What a container leaves to say when it ends (Kubernetes, "Determine the Reason for Pod Failure"): a file of its own is mounted at
 * `terminationMessagePath`, and read when the container has ended.
 */
const DEFAULT_PATH = '/dev/termination-log';
const MOST_BYTES = 4_096;
/** Of the log, where the message is asked for there. */
const MOST_LOG_BYTES = 2_048;
const MOST_LOG_LINES = 80;

const messageFile = (podDir: string, container: string, attempt: number): string =>
  join(podDir, 'messages', `${container}-${attempt}`);

export function messageMount({ name, terminationMessagePath }: Container, attempt: number, podDir: string): Mount[] {
  const target = terminationMessagePath ?? DEFAULT_PATH;
  if (target === '') return [];
  return [{ kind: 'bind', source: messageFile(podDir, name, attempt), target, readOnly: false }];
}

/** Makes the file, which whatever user the container runs as may write. */
export async function prepareMessage(podDir: string, container: string, attempt: number): Promise<void> {
  const path = messageFile(podDir, container, attempt);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, '', { flag: 'a' });
  await chmod(path, 0o666);
}

export interface Ended {
  readonly id: string;
  readonly attempt: number;
  readonly exitCode?: number;
}

/** The message of a container that has ended; empty where it left none. Rejects with the runtime's errors. */
export async function readMessage(
  container: Container,
  ended: Ended,
  podDir: string,
  runtime: ContainerRuntime,
): Promise<string> {
  const written = await readStart(messageFile(podDir, container.name, ended.attempt));
  const asksLog = container.terminationMessagePolicy === 'FallbackToLogsOnError' && ended.exitCode !== 0;
  return written || !asksLog ? written : await endOfLog(ended.id, runtime);
}

async function readStart(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (!file) return '';
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function endOfLog(id: string, runtime: ContainerRuntime): Promise<string> {
  const options = { follow: false, timestamps: false, tailLines: MOST_LOG_LINES };
  let end = Buffer.alloc(0);
  for await (const data of runtime.logs(id, options, new AbortController().signal)) {
    end = Buffer.concat([end, data]).subarray(-MOST_LOG_BYTES);
  }
  return end.toString();
}
