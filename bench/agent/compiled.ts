import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../test/kubectl.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The program as the package carries it. From a checkout Node.js takes the types out of each source at its start, and keeps what does
 * that: some 18 MB of every process.
 */
export interface CompiledProgram {
  /** The entry point of `stowctl`, for Node.js. */
  readonly path: string;
  remove(): Promise<void>;
}

export async function compileProgram(): Promise<CompiledProgram> {
  const dir = await mkdtemp(join(tmpdir(), 'stowage-compiled-'));
  const dist = join(dir, 'dist');
  const compiler = join(ROOT, 'node_modules', '.bin', 'tsc');
  const { code, stdout } = await run(compiler, ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', dist]);
  if (code !== 0) throw new Error(`the program does not compile: ${stdout}`);
  await cp(join(ROOT, 'proto', 'agent.proto'), join(dist, 'proto', 'agent.proto'));
  await cp(join(ROOT, 'package.json'), join(dir, 'package.json'));
  await symlink(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  return { path: join(dist, 'cell', 'stowctl.js'), remove: () => rm(dir, { recursive: true }) };
}
