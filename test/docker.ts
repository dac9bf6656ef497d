import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import Docker from 'dockerode';
import tar from 'tar-stream';
import { run } from './kubectl.ts';

/** An image with a shell, made from this machine's busybox and its libraries; no registry is asked. */
export const TEST_IMAGE = 'stowage-test/busybox:1';

/** The engine under the cell, seen from beside it. */
export class Engine {
  readonly docker: Docker;

  constructor(dockerHost: string) {
    this.docker = dockerHost.startsWith('unix://')
      ? new Docker({ socketPath: dockerHost.slice('unix://'.length) })
      : new Docker();
  }

  async ensureTestImage(): Promise<void> {
    const [name, tag] = TEST_IMAGE.split(':');
    const present = await this.docker.listImages({ filters: { reference: [TEST_IMAGE] } });
    if (present.length > 0) return;
    const pack = tar.pack();
    const imported = this.docker.importImage(Readable.from(pack), { repo: name, tag });
    await addBusybox(pack);
    pack.finalize();
    await pipeline(await imported, async (chunks: AsyncIterable<unknown>) => {
      for await (const _ of chunks);
    });
  }

  /** Containers of one cell, or of one namespace in it, running or not. */
  async containers(cellId: string, namespace?: string): Promise<Docker.ContainerInfo[]> {
    const label = [`stowage.dev/cell=${cellId}`, ...(namespace ? [`io.kubernetes.pod.namespace=${namespace}`] : [])];
    return this.docker.listContainers({ all: true, filters: { label } });
  }

  /** The running container of a pod. */
  async containerOf(cellId: string, pod: string, container: string): Promise<Docker.ContainerInfo | undefined> {
    const label = [
      `stowage.dev/cell=${cellId}`,
      `io.kubernetes.pod.name=${pod}`,
      `io.kubernetes.container.name=${container}`,
    ];
    const found = await this.docker.listContainers({ filters: { label } });
    return found[0];
  }
}

const APPLETS = [
  'sh',
  'sleep',
  'cat',
  'echo',
  'true',
  'false',
  'httpd',
  'wget',
  'env',
  'ls',
  'date',
  'seq',
  'dd',
  'kill',
  'mkdir',
  'id',
  'test',
];

async function addBusybox(pack: tar.Pack): Promise<void> {
  const { stdout } = await run('ldd', ['/bin/busybox']);
  const libraries = [...stdout.matchAll(/(\/[^\s()]+)/g)].map((match) => match[1]!);
  for (const path of ['/bin/busybox', ...libraries]) {
    pack.entry({ name: path.slice(1), mode: 0o755 }, await readFile(resolve(path)));
  }
  for (const applet of APPLETS) pack.entry({ name: `bin/${applet}`, type: 'symlink', linkname: 'busybox' });
  pack.entry({ name: 'tmp', type: 'directory', mode: 0o1777 });
}
