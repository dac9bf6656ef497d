/**
 * How large a process's young generation may grow, in MiB, for the commands that serve. Each event and request leaves garbage that
 * lives a few milliseconds; with V8's standard of 16 MiB half of it is still alive when a collection comes, is copied, and everything
 * else waits for that. With 64 the slowest hundredth of creates beside lists and watches takes about half as long.
 */
export const SERVER_HEAP_FLAG = '--max-semi-space-size=64';

/**
 * No collection of everything before the old generation is so large, in MiB. V8 counts buffers with it and sets its limit a little above
 * what survived the last time: in a process with a small heap through which a log flows, it would collect for every few megabytes of the
 * log, and do little else (half of the processor time of a log, on both sides).
 */
const SERVER_OLD_SPACE_FLAG = '--initial-old-space-size=96';

/**
 * The same for the agent, which is asked for little and shares its machine with the pods: with V8's standard its young generation grows
 * to 30 MB, most of it garbage. Some 20 MiB of the old generation are in use.
 */
const AGENT_HEAP_FLAGS = ['--max-semi-space-size=1', '--optimize-for-size', '--initial-old-space-size=32'];
/** One arena for all threads of the C library: by default each keeps what it once needed, some 13 MB in all. */
const AGENT_ENVIRONMENT = { MALLOC_ARENA_MAX: '1' };

/** Node's remark on TLS to an etcd that is named by its address, which concerns nobody who starts a master. */
const QUIET_FLAG = '--disable-warning=DEP0123';

export const takeServerHeap = (): void => takeHeap([SERVER_HEAP_FLAG, SERVER_OLD_SPACE_FLAG, QUIET_FLAG]);

export const takeAgentHeap = (): void => takeHeap(AGENT_HEAP_FLAGS, AGENT_ENVIRONMENT);

/**
 * Puts the same program with this heap in the place of this one: same process id, same output, same environment but for what is added.
 * V8 takes such a flag at the start of a process alone. Returns where that was done already, where the person who started it chose
 * another size, and on systems that cannot replace a process.
 */
function takeHeap(heapFlags: readonly string[], environment: NodeJS.ProcessEnv = {}): void {
  const flags = [...process.execArgv, process.env.NODE_OPTIONS ?? ''];
  if (flags.some((flag) => /semi[-_]space/.test(flag)) || !process.execve) return;
  const [node = process.execPath, ...rest] = process.argv;
  const env = { ...environment, ...process.env };
  process.execve(process.execPath, [node, ...heapFlags, ...process.execArgv, ...rest], env);
}
