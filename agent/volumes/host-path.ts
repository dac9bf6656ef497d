import type { Stats } from 'node:fs';
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { Missing } from '../missing.ts';

const KINDS = ['File', 'Directory', 'Socket', 'CharDevice', 'BlockDevice'] as const;
type Kind = (typeof KINDS)[number];

/**
 * Checks or makes what `hostPath.type` asks for (Kubernetes, "hostPath volume types"). `open`: a directory made is for everybody.
 */
export async function checkHostPath(name: string, path: string, type: string, open = false): Promise<void> {
  if (type === '') return;
  const [wanted = '', create] = type.split(/(?=OrCreate$)/);
  let found = await kindAt(path);
  if (found === undefined && create) {
    await make(name, path, wanted as Kind, open);
    found = await kindAt(path);
  }
  if (found === wanted) return;
  const there = found ? `a ${found} is there` : 'nothing is there';
  throw new Missing(`hostPath volume "${name}" wants a ${wanted} at ${path}, but ${there}`);
}

async function make(name: string, path: string, wanted: Kind, open: boolean): Promise<void> {
  try {
    if (wanted === 'File') return await writeFile(path, '', { flag: 'a', mode: 0o644 });
    await mkdir(path, { recursive: true, mode: 0o755 });
    // Past the umask of whoever started the agent.
    await chmod(path, open ? 0o777 : 0o755);
  } catch (error) {
    throw new Missing(`hostPath volume "${name}": a ${wanted} cannot be made at ${path}: ${(error as Error).message}`);
  }
}

/** What is at a path, links followed; undefined: nothing. */
async function kindAt(path: string): Promise<Kind | 'thing of another kind' | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && kindOf(found);
}

function kindOf(found: Stats): Kind | 'thing of another kind' {
  if (found.isFile()) return 'File';
  if (found.isDirectory()) return 'Directory';
  if (found.isSocket()) return 'Socket';
  if (found.isCharacterDevice()) return 'CharDevice';
  return found.isBlockDevice() ? 'BlockDevice' : 'thing of another kind';
}
