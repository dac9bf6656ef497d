import type { Disk } from './disk.ts';

/** What the kernel of every simulated machine tells: of all processes the same, wherever they run. */
const FILES: Readonly<Record<string, string>> = {
  '/proc/any/cgroup': '0::/any\n',
  '/sys/fs/cgroup/any/cpu.stat': 'usage_usec 1000000\nuser_usec 600000\nsystem_usec 400000\n',
  '/sys/fs/cgroup/any/memory.current': '1048576\n',
  '/sys/fs/cgroup/any/memory.stat': 'inactive_file 0\n',
};

export function writeKernelFiles(disk: Disk): void {
  for (const [path, text] of Object.entries(FILES)) {
    disk.mkdir(path.slice(0, path.lastIndexOf('/')), 0o755, true);
    disk.writeFile(path, Buffer.from(text), 0o444, 'w');
  }
}

/** Read so often that the way through the tree would count. */
export const kernelText = (path: string): string | undefined => FILES[path];

/** Where the files of a process are found. */
export const kernelPath = (path: string): string => path.replace(/^\/proc\/\d+\//, '/proc/any/');
