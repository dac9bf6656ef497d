import { execFile } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { dockerRuntime } from '../agent/docker/docker-runtime.ts';
import type { Deployment } from '../api/apps/deployment.ts';
import type { Job } from '../api/batch/job.ts';
import { applyOne } from '../cli/apply/apply.ts';
import { pathOf } from '../cli/discovery.ts';
import { refusedWith } from '../cli/failure.ts';
import { type Manifest, readManifests } from '../cli/manifests.ts';
import { resolveKind } from '../cli/resources.ts';
import type { Session } from '../cli/session.ts';
import { watch } from '../client/watching.ts';
import { DEMO_IMAGE, type MadeImage } from './demo-image.ts';
import { progressOf } from './demo-progress.ts';

const EXAMPLES = fileURLToPath(new URL('../deploy/examples', import.meta.url));
/** The demo says that it gave up looking, and the cell runs on. */
const PATIENCE_MS = 120_000;

/** Makes the examples' image, submits the examples, and tells how they come up, until they have. Trouble is told, not thrown. */
export async function runDemo(session: Session, dockerHost: string, say: (line: string) => void): Promise<void> {
  try {
    await makeImage(session, dockerHost, say);
    const manifests = await readManifests(session, { filename: [EXAMPLES] });
    for (const manifest of manifests) say(await submit(session, manifest));
    await follow(session, say);
  } catch (error) {
    if (!session.signal.aborted) say(`the examples are not all up: ${(error as Error).message}`);
  }
}

/** Creates an example that is not there. One that is stays as somebody may have changed it since. */
async function submit(session: Session, manifest: Manifest): Promise<string> {
  const { apiVersion = '', kind = '', metadata } = manifest.object;
  const { name = '', namespace } = metadata ?? {};
  const resource = resolveKind(await session.resources(), apiVersion, kind);
  try {
    await session.client.get(pathOf(resource, namespace, name));
    return `${resource.singular}/${name} is there`;
  } catch (error) {
    if (!refusedWith(error, 404)) throw error;
    const { outcome } = await applyOne(session, manifest, {});
    return `${resource.singular}/${name} ${outcome}`;
  }
}

async function makeImage(session: Session, dockerHost: string, say: (line: string) => void): Promise<void> {
  const runtime = dockerRuntime({ host: dockerHost, clock: session.clock });
  const there = await runtime.image(DEMO_IMAGE).finally(() => runtime.close());
  if (there) return say(`image ${DEMO_IMAGE} is there`);
  // Beside this file, under the name it has here: .ts in a checkout, .js in the package.
  const program = fileURLToPath(new URL(`./make-demo-image${extname(import.meta.url)}`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, dockerHost], { signal: session.signal });
  const { base, sizeBytes } = JSON.parse(stdout) as MadeImage;
  say(`image ${DEMO_IMAGE} made from this machine's ${base}, ${(sizeBytes / 1e6).toFixed(1)} MB`);
}

interface Followed {
  readonly path: string;
  readonly name: string;
}

const FOLLOWED: readonly Followed[] = [
  { path: '/apis/apps/v1/namespaces/default/deployments', name: 'web' },
  { path: '/apis/batch/v1/namespaces/default/jobs', name: 'batch' },
];

/** A line for each step of each example, until all are up. */
async function follow(session: Session, say: (line: string) => void): Promise<void> {
  const stop = new AbortController();
  const patience = session.clock.setTimer(PATIENCE_MS, () => stop.abort());
  const signal = AbortSignal.any([session.signal, stop.signal]);
  try {
    const done = await Promise.all(FOLLOWED.map((each) => followOne({ ...session, signal }, each, say)));
    if (!done.every(Boolean) && !session.signal.aborted) {
      say(`not everything is up after ${PATIENCE_MS / 1000} s: see \`npx stowctl events\``);
    }
  } finally {
    patience.cancel();
    stop.abort();
  }
}

async function followOne(
  { client, signal }: Session,
  { path, name }: Followed,
  say: (line: string) => void,
): Promise<boolean> {
  let last = '';
  const query = { fieldSelector: `metadata.name=${name}`, resourceVersion: '0' };
  while (!signal.aborted) {
    for await (const { type, object } of watch<Deployment | Job>(client, path, { query, signal })) {
      if (type === 'DELETED') return true;
      if (type === 'BOOKMARK') continue;
      const { line, done } = progressOf(object);
      if (line !== last) say(line);
      last = line;
      if (done) return true;
    }
  }
  return false;
}
