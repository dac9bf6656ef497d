import { badRequest } from '../../../api/meta/errors.ts';
import type { ExecRequest } from '../../../proto/messages.ts';

export type StreamOptions = Pick<ExecRequest, 'stdin' | 'stdout' | 'stderr' | 'tty'>;
type Options = StreamOptions & Pick<ExecRequest, 'command'>;

/** Kubernetes' reading of a flag of these options. */
const isSet = (query: URLSearchParams, name: string): boolean => ['1', 'true'].includes(query.get(name) ?? '');

/** Which streams are wanted (core/v1 PodExecOptions and PodAttachOptions). Throws 400 for options that mean nothing. */
export function processOptions(query: URLSearchParams, attach: boolean): Options {
  const [stdin, stdout, stderr, tty] = ['stdin', 'stdout', 'stderr', 'tty'].map((name) => isSet(query, name));
  if (!stdin && !stdout && !stderr) throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  const command = attach ? [] : query.getAll('command');
  if (!attach && command.length === 0) throw badRequest('you must specify at least one command for the container');
  // A terminal has one output.
  return { command, stdin: stdin!, stdout: stdout!, stderr: stderr! && !tty, tty: tty! };
}
