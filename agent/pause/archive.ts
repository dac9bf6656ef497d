import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';

export interface ImageFile {
  /** Without a leading slash. */
  readonly path: string;
  /** Bytes of a file; absent for a directory. */
  readonly content?: Uint8Array;
  readonly mode?: number;
  /** Makes a symbolic link to this target instead. */
  readonly linkTo?: string;
}

export interface ImageDescription {
  /** `name:tag`. */
  readonly reference: string;
  /** As Go names it: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly files: readonly ImageFile[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** Fixed, so that the same description gives the same image id everywhere. */
const EPOCH = '1970-01-01T00:00:00Z';

/**
 * An image archive as `docker load` reads it (Docker image specification 1.2, "Combined image JSON + filesystem changeset
 * format"), with one layer. The same description gives the same bytes, and so the same image id.
 */
export async function packImage(image: ImageDescription): Promise<Buffer> {
  const layer = await tar(image.files);
  const layerDigest = sha256(layer);
  const config = Buffer.from(
    JSON.stringify({
      architecture: image.architecture,
      os: 'linux',
      created: EPOCH,
      config: {
        Entrypoint: image.entrypoint,
        Cmd: image.command,
        Env: image.env ?? ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
        Labels: image.labels,
      },
      rootfs: { type: 'layers', diff_ids: [`sha256:${layerDigest}`] },
      history: [{ created: EPOCH, created_by: 'stowage' }],
    }),
  );
  const configName = `${sha256(config)}.json`;
  const layerName = `${layerDigest}/layer.tar`;
  const manifest = [{ Config: configName, RepoTags: [image.reference], Layers: [layerName] }];
  return tar([
    { path: configName, content: config, mode: 0o644 },
    { path: layerDigest, mode: 0o755 },
    { path: layerName, content: layer, mode: 0o644 },
    { path: 'manifest.json', content: Buffer.from(JSON.stringify(manifest)), mode: 0o644 },
  ]);
}

async function tar(files: readonly ImageFile[]): Promise<Buffer> {
  const archive = pack();
  const whole = buffer(archive);
  for (const file of files) {
    const common = { name: file.path, mtime: new Date(0), mode: file.mode ?? 0o755 };
    if (file.linkTo !== undefined) archive.entry({ ...common, type: 'symlink', linkname: file.linkTo });
    else if (file.content === undefined) archive.entry({ ...common, type: 'directory' });
    else archive.entry({ ...common, type: 'file' }, Buffer.from(file.content));
  }
  archive.finalize();
  return whole;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
