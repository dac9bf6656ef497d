import { run } from '../test/kubectl.ts';

const PAUSE = ['sleep', '1000'];

let serial = 0;

/**
 * Milliseconds that `docker run -d` takes for what a pod of one container is: a container that holds the network, and one that
 * shares it. One sample per pair, `atOnce` pairs side by side.
 */
export async function plainDockerRun(atOnce: number, image: string): Promise<number[]> {
  const names = Array.from({ length: atOnce }, () => `stowage-bench-${process.pid}-${serial++}`);
  try {
    return await Promise.all(names.map((name) => pair(name, image)));
  } finally {
    await run('docker', ['rm', '-f', '-v', ...names.flatMap((name) => [name, `${name}-main`])]);
  }
}

async function pair(name: string, image: string): Promise<number> {
  const startMs = performance.now();
  await docker('run', '-d', '--name', name, image, ...PAUSE);
  await docker(
    'run',
    '-d',
    '--name',
    `${name}-main`,
    '--network',
    `container:${name}`,
    '--memory',
    '64m',
    image,
    ...PAUSE,
  );
  return performance.now() - startMs;
}

async function docker(...args: string[]): Promise<void> {
  const { code, stderr } = await run('docker', args);
  if (code !== 0) throw new Error(`docker ${args.join(' ')} ended with ${code}: ${stderr}`);
}
