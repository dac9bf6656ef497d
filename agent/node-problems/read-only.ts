import { access, constants } from 'node:fs/promises';

/** Those of the directories whose file system takes no writes. One that is not there, or not ours to write to, does not count. */
export async function readOnlyOf(dirs: readonly string[]): Promise<string[]> {
  const found = dirs.map(async (dir) => {
    const fault = await access(dir, constants.W_OK).catch((error: NodeJS.ErrnoException) => error);
    return fault instanceof Error && fault.code === 'EROFS' ? [dir] : [];
  });
  return (await Promise.all(found)).flat();
}
