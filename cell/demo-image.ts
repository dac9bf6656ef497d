import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type ImageFile, packImage } from '../agent/pause/archive.ts';
import type { ContainerRuntime } from '../agent/runtime.ts';
import { Trouble } from './trouble.ts';

/** What deploy/examples runs. Made from programs of this machine, so that no registry is needed. */
export const DEMO_IMAGE = 'stowage.dev/demo:1';

export interface MadeImage {
  /** `busybox` or `node`; `undefined`: the image was there already. */
  readonly base?: string;
  readonly sizeBytes: number;
}

/**
 * Loads the demo image unless the engine has it. The base is this machine's BusyBox with its libraries where there is a dynamic
 * one (a static one cannot look up names), else the running Node.js with its libraries.
 */
export async function ensureDemoImage(runtime: ContainerRuntime): Promise<MadeImage> {
  if (await runtime.image(DEMO_IMAGE)) return { sizeBytes: 0 };
  const { architecture } = await runtime.info();
  const base = busyboxBase() ?? nodeBase();
  const archive = await packImage({
    reference: DEMO_IMAGE,
    architecture,
    files: [...SKELETON, ...base.files],
    command: ['/demo/web'],
    env: ['PATH=/bin', 'HOME=/tmp'],
  });
  await runtime.load(archive);
  return { base: base.name, sizeBytes: archive.length };
}

interface Base {
  readonly name: string;
  readonly files: readonly ImageFile[];
}

const textFile = (path: string, content: string, mode = 0o644): ImageFile => ({
  path,
  content: Buffer.from(content),
  mode,
});

const SKELETON: readonly ImageFile[] = [
  { path: 'tmp', mode: 0o1777 },
  textFile('etc/passwd', 'root:x:0:0:root:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n'),
  textFile('etc/group', 'root:x:0:\nnogroup:x:65534:\n'),
  textFile('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n'),
];

const WANTED_APPLETS = ['sh', 'httpd', 'sleep', 'nslookup', 'wget'];

/** `undefined` where there is no BusyBox that would do. */
export function busyboxBase(): Base | undefined {
  const program = (process.env.PATH ?? '')
    .split(':')
    .map((dir) => join(dir, 'busybox'))
    .find((file) => existsSync(file));
  if (!program) return undefined;
  const libraries = librariesOf(program);
  const applets = output(program, ['--list'])?.split('\n').filter(Boolean) ?? [];
  if (libraries.length === 0 || !WANTED_APPLETS.every((applet) => applets.includes(applet))) return undefined;
  const links = applets
    .filter((applet) => applet !== 'busybox')
    .map((applet) => ({ path: `bin/${applet}`, linkTo: 'busybox' }));
  return {
    name: 'busybox',
    files: [
      { path: 'bin/busybox', content: readFileSync(program), mode: 0o755 },
      ...links,
      ...libraries,
      textFile('demo/web', SHELL_WEB, 0o755),
      textFile('demo/batch', SHELL_BATCH, 0o755),
    ],
  };
}

/** The Node.js that runs this program. */
export function nodeBase(): Base {
  const program = realpathSync(process.execPath);
  const libraries = librariesOf(program);
  if (libraries.length === 0) {
    throw new Trouble(
      `the demo image cannot be made: ldd does not tell the libraries of ${program}; install busybox, or use --no-demo`,
    );
  }
  return {
    name: 'node',
    files: [
      { path: 'bin/node', content: readFileSync(program), mode: 0o755 },
      ...libraries,
      textFile('demo/web', NODE_WEB, 0o755),
      textFile('demo/batch', NODE_BATCH, 0o755),
    ],
  };
}

/** Loaded by name at run time, so that ldd does not list them; glibc before 2.34 needs them to look up names. */
const NAME_SERVICE = ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2'];

/** The shared libraries of a program and its loader, at the paths where it looks for them; none for a static program. */
function librariesOf(program: string): ImageFile[] {
  const listing = output('ldd', [program]) ?? '';
  const paths = [...listing.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map((match) => match[1]!);
  const libc = paths.find((path) => basename(path) === 'libc.so.6');
  const named = libc ? NAME_SERVICE.map((name) => join(dirname(libc), name)).filter((path) => existsSync(path)) : [];
  return [...new Set([...paths, ...named])].map((path) => ({
    path: path.slice(1),
    content: readFileSync(path),
    mode: 0o755,
  }));
}

function output(command: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}

// The first process of a container ignores signals that it has no handler for: each script has one, so that it stops at once.
const SHELL_WEB = `#!/bin/sh
# A page that says who serves it.
mkdir -p /tmp/www
echo "Hello from $HOSTNAME, stowed by Stowage." > /tmp/www/index.html
echo ok > /tmp/www/healthz
trap 'kill $server; exit 0' TERM INT
httpd -f -v -p "\${PORT:-8080}" -h /tmp/www &
server=$!
echo "serving on port \${PORT:-8080}"
wait $server
`;

const SHELL_BATCH = `#!/bin/sh
# Counts the primes below a bound, the slow way.
trap 'exit 143' TERM INT
bound=\${BOUND:-2000}
count=0
n=2
while [ $n -lt $bound ]; do
  d=2
  prime=1
  while [ $((d * d)) -le $n ]; do
    if [ $((n % d)) -eq 0 ]; then prime=0; break; fi
    d=$((d + 1))
  done
  count=$((count + prime))
  n=$((n + 1))
done
echo "$HOSTNAME: $count primes below $bound"
`;

const NODE_WEB = `#!/bin/node
// A page that says who serves it.
const { createServer } = require('node:http');
const { hostname } = require('node:os');
const port = Number(process.env.PORT || 8080);
const server = createServer((request, response) => {
  console.log(request.method, request.url);
  response.end(request.url === '/healthz' ? 'ok\\n' : 'Hello from ' + hostname() + ', stowed by Stowage.\\n');
});
server.listen(port, () => console.log('serving on port ' + port));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
`;

const NODE_BATCH = `#!/bin/node
// Counts the primes below a bound, the slow way.
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(143));
const bound = Number(process.env.BOUND || 2000);
let count = 0;
for (let n = 2; n < bound; n++) {
  let prime = true;
  for (let d = 2; d * d <= n && prime; d++) prime = n % d !== 0;
  if (prime) count++;
}
console.log(require('node:os').hostname() + ': ' + count + ' primes below ' + bound);
`;
