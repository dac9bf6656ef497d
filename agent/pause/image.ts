import type { ContainerRuntime } from '../runtime.ts';
import { RuntimeError } from '../runtime.ts';
import { packImage } from './archive.ts';
import { type Architecture, pauseProgram } from './program.ts';

/** The tag changes when the program does, so that an older image is never taken for it. */
export const PAUSE_IMAGE = 'stowage.dev/pause:1';

/** Loads the pause image unless it is there. Rejects with the runtime's errors; the caller retries. */
export async function ensurePauseImage(runtime: ContainerRuntime, architecture: string): Promise<void> {
  if (await runtime.image(PAUSE_IMAGE)) return;
  await runtime.load(await pauseArchive(architecture));
}

/** The pause image as an archive for `docker load`. */
export async function pauseArchive(architecture: string): Promise<Buffer> {
  if (architecture !== 'amd64' && architecture !== 'arm64') {
    throw new RuntimeError(
      'invalid',
      `cannot make the pause image for "${architecture}" machines: only amd64 and arm64 are known`,
    );
  }
  const program = pauseProgram(architecture satisfies Architecture);
  return packImage({
    reference: PAUSE_IMAGE,
    architecture,
    files: [{ path: 'pause', content: program, mode: 0o755 }],
    entrypoint: ['/pause'],
  });
}
