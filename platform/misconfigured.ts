import { type FileHandle, open } from 'node:fs/promises';

/** A program was given what it cannot use. The message is one sentence for whoever started it. */
export class Misconfigured extends Error {
  override readonly name = 'Misconfigured';
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'this user has no right to',
};

/** The same for what the system would not do with a file; `tried` is the start of the sentence: `cannot read the policy /x`. */
export function misconfiguredFile(tried: string, error: unknown): Misconfigured {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new Misconfigured(`${tried}: ${REASONS[code] ?? message}`, { cause: error });
}

/** The text of a file that somebody named, and its permissions. Rejects with {@link Misconfigured}; `what` is what the file is for. */
export async function readGiven(file: string, what: string): Promise<{ text: string; mode: number }> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    // Of the one file that was opened, whatever comes to be under its name meanwhile.
    return { mode: (await handle.stat()).mode, text: await handle.readFile('utf8') };
  } catch (error) {
    throw misconfiguredFile(`cannot read the ${what} ${file}`, error);
  } finally {
    await handle?.close();
  }
}
