import type { LogFile } from './files.ts';

/** Where reading starts: in the file of this index, at this byte. */
export interface LogPlace {
  readonly index: number;
  readonly position: number;
}

const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** The start of the last `entries` entries, found from the end, so that it costs nothing to ask a long log for a few lines. */
export async function tailStart(files: readonly LogFile[], entries: number): Promise<LogPlace> {
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  // What stands before the entries is ended by one newline more than they have.
  let left = entries + 1;
  for (const [index, file] of files.entries()) {
    for (let end = file.sizeBytes; end > 0; end -= Math.min(end, BLOCK_BYTES)) {
      const start = Math.max(0, end - BLOCK_BYTES);
      const { bytesRead } = await file.handle.read(block, 0, end - start, start);
      let found = bytesRead;
      while (found > 0) {
        found = block.lastIndexOf(NEWLINE, found - 1);
        if (found < 0) break;
        left -= 1;
        if (left === 0) return { index, position: start + found + 1 };
      }
    }
  }
  return wholeLog(files);
}

export const wholeLog = (files: readonly LogFile[]): LogPlace => ({ index: files.length - 1, position: 0 });

/** The first file in which there may be something written at or after this time. */
export function sinceStart(files: readonly LogFile[], sinceMs: number): LogPlace {
  const older = files.findIndex(({ changedAtMs }, index) => index > 0 && changedAtMs < sinceMs);
  return older < 0 ? wholeLog(files) : { index: older - 1, position: 0 };
}
