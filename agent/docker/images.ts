import type Docker from 'dockerode';
import {
  type ImageInfo,
  type PullOptions,
  type RegistryCredentials,
  RuntimeError,
  type StoredImage,
} from '../runtime.ts';
import { absent } from './answers.ts';
import type { Engine } from './engine.ts';
import { runtimeError } from './errors.ts';
import { jsonLines } from './streams.ts';

/** The engine answers once it has heard from the registry; until then it is the caller's patience that counts. */
const ANSWER_MS = 600_000;

/** Fetches an image; see {@link ContainerRuntime.pull}. */
export async function pullImage(
  engine: Engine,
  reference: string,
  signal: AbortSignal,
  { credentials, progress }: PullOptions = {},
): Promise<ImageInfo> {
  const what = `pull image ${reference}`;
  // Without a tag the engine would fetch every tag there is.
  const fromImage = /[@:][^/]*$/.test(reference) ? reference : `${reference}:latest`;
  // Apart from the rest, which becomes the query.
  const auth = credentials && authConfig(credentials);
  const layers = new Layers();
  try {
    const begin = (docker: Docker) => docker.createImage(auth, { fromImage, abortSignal: signal });
    const body = await engine.call(what, begin, ANSWER_MS);
    for await (const value of jsonLines(body as unknown as AsyncIterable<Uint8Array>)) {
      const message = value as PullMessage;
      if (message.error) throw new RuntimeError('failed', `cannot ${what}: ${message.error}`);
      layers.take(message);
      progress?.(layers.progress);
    }
  } catch (error) {
    if (signal.aborted) throw new RuntimeError('failed', `cannot ${what}: ${(signal.reason as Error).message}`, error);
    const fault = runtimeError(what, error);
    throw fault.kind === 'unreachable' ? fault : new RuntimeError('failed', fault.message, error);
  }
  const image = await inspectImage(engine, reference);
  if (!image) throw new RuntimeError('failed', `cannot ${what}: the engine pulled it but does not find it`);
  return image;
}

export function inspectImage(engine: Engine, reference: string): Promise<ImageInfo | undefined> {
  return engine.call(`inspect image ${reference}`, async (docker) => {
    const found = await docker.getImage(reference).inspect().catch(absent);
    return found && { id: found.Id, user: found.Config?.User ?? '', sizeBytes: found.Size };
  });
}

/** Every image that has a name; see {@link ContainerRuntime.images}. */
export async function storedImages(engine: Engine): Promise<StoredImage[]> {
  return engine.call('list images', async (docker) => {
    const [images, containers] = await Promise.all([docker.listImages(), docker.listContainers({ all: true })]);
    const used = new Set(containers.map(({ ImageID }) => ImageID));
    return images.map(({ Id, RepoTags, RepoDigests, Size }) => ({
      id: Id,
      tags: named(RepoTags),
      digests: named(RepoDigests),
      sizeBytes: Size,
      inUse: used.has(Id),
    }));
  });
}

/** Engines show what has no name as `<none>`. */
const named = (names: readonly string[] | null | undefined): string[] =>
  (names ?? []).filter((name) => !name.includes('<none>'));

/**
 * Removes an image; see {@link ContainerRuntime.removeImage}. Never by force, which would take it from under a container. The engine
 * takes single names from images in use too, so that it is asked for containers first.
 */
export async function removeImage(engine: Engine, id: string): Promise<void> {
  const what = `remove image ${id}`;
  const found = await engine.call(what, (docker) => docker.getImage(id).inspect().catch(absent));
  if (!found) return;
  const filters = { ancestor: [id] };
  const [user] = await engine.call(what, (docker) => docker.listContainers({ all: true, limit: 1, filters }));
  if (user) throw new RuntimeError('conflict', `cannot ${what}: there is a container of it, ${user.Names[0]}`);
  // The last name takes the image with it, and some of the others before.
  const names = [...named(found.RepoTags), ...named(found.RepoDigests)];
  for (const name of names.length > 0 ? names : [id]) {
    await engine.call(what, (docker) => docker.getImage(name).remove().catch(absent));
  }
}

interface PullMessage {
  readonly error?: string;
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

/** How far each layer of an image under way has come. */
class Layers {
  private readonly known = new Map<string, { done: number; total: number }>();

  get progress(): { doneBytes: number; totalBytes: number } {
    let [doneBytes, totalBytes] = [0, 0];
    for (const { done, total } of this.known.values()) {
      doneBytes += done;
      totalBytes += total;
    }
    return { doneBytes, totalBytes };
  }

  take({ id, status, progressDetail }: PullMessage): void {
    if (!id) return;
    const { current = 0, total = 0 } = progressDetail ?? {};
    const layer = this.known.get(id);
    if (status === 'Downloading' && total > 0) this.known.set(id, { done: current, total });
    else if (layer && status === 'Download complete') layer.done = layer.total;
  }
}

/** Docker Engine API, "Authentication". */
function authConfig({ server, username, password, identityToken, registryToken }: RegistryCredentials): object {
  if (registryToken) return { registrytoken: registryToken, serveraddress: server };
  if (identityToken) return { identitytoken: identityToken, serveraddress: server };
  return { username, password, serveraddress: server };
}
