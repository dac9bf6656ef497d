import { fieldValue, type PodFacts, resourceValue } from '../environment.ts';
import { Missing } from '../missing.ts';
import type { Container, Pod, Sources, Volume } from '../pod-types.ts';
import { specOf } from '../pod-types.ts';
import { tokenAccess, wishOf } from '../tokens/token-wish.ts';

export interface VolumeFile {
  /** Relative to the volume's root; never leaves it. */
  readonly path: string;
  readonly content: Uint8Array;
  /** Permission bits. */
  readonly mode: number;
  /** Who owns it; default the agent's own user. */
  readonly uid?: number;
}

const DEFAULT_MODE = 0o644;

/**
 * Files of a configMap, secret, projected or downwardAPI volume. Pure. Throws {@link Missing} where an object or key is not
 * there and not optional.
 */
export function volumeFiles(volume: Volume, facts: PodFacts, sources: Sources): VolumeFile[] {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap) return configMapFiles(configMap, configMap.defaultMode, sources);
  if (secret) return secretFiles({ ...secret, name: secret.secretName }, secret.defaultMode, sources);
  if (downwardAPI) return fieldFiles(downwardAPI.items, downwardAPI.defaultMode, facts);
  return (projected?.sources ?? []).flatMap((source) => {
    const mode = projected?.defaultMode;
    if (source.configMap) return configMapFiles(source.configMap, mode, sources);
    if (source.secret) return secretFiles(source.secret, mode, sources);
    if (source.downwardAPI) return fieldFiles(source.downwardAPI.items, mode, facts);
    if (source.serviceAccountToken) return tokenFile(source.serviceAccountToken, mode, facts.pod, sources);
    const kind = Object.keys(source)[0] ?? 'none';
    throw new Missing(`volume "${volume.name}" projects "${kind}", which this agent does not provide yet`);
  });
}

interface KeySource {
  readonly name?: string;
  readonly optional?: boolean;
  readonly items?: readonly { readonly key: string; readonly path: string; readonly mode?: number }[];
}

function configMapFiles(source: KeySource, mode: number | undefined, sources: Sources): VolumeFile[] {
  const found = sources.configMap(source.name ?? '');
  if (!found && !source.optional) throw new Missing(`configmap "${source.name}" not found`);
  const text = Object.entries(found?.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const);
  const binary = Object.entries(found?.binaryData ?? {}).map(
    ([key, value]) => [key, Buffer.from(value, 'base64')] as const,
  );
  return pick(`configmap "${source.name}"`, new Map([...text, ...binary]), source, mode);
}

function secretFiles(source: KeySource, mode: number | undefined, sources: Sources): VolumeFile[] {
  const found = sources.secret(source.name ?? '');
  if (!found && !source.optional) throw new Missing(`secret "${source.name}" not found`);
  const entries = Object.entries(found?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const);
  return pick(`secret "${source.name}"`, new Map(entries), source, mode);
}

/** All keys under their own names, or the listed ones under the listed paths. */
function pick(
  what: string,
  content: ReadonlyMap<string, Uint8Array>,
  source: KeySource,
  mode = DEFAULT_MODE,
): VolumeFile[] {
  if (!source.items) return [...content].map(([path, bytes]) => ({ path, content: bytes, mode }));
  return source.items.flatMap((item) => {
    const bytes = content.get(item.key);
    if (bytes) return [{ path: inside(item.path), content: bytes, mode: item.mode ?? mode }];
    if (source.optional) return [];
    throw new Missing(`couldn't find key "${item.key}" in ${what}`);
  });
}

type TokenSource = Parameters<typeof wishOf>[0];

function tokenFile(source: TokenSource, mode = DEFAULT_MODE, pod: Pod, sources: Sources): VolumeFile[] {
  if (!sources.token) throw new Missing('a token of a service account needs a master that gives it');
  const content = Buffer.from(sources.token(pod, wishOf(source)));
  return [{ path: inside(source.path), content, ...tokenAccess(pod, mode) }];
}

interface FieldItem {
  readonly path: string;
  readonly mode?: number;
  readonly fieldRef?: { readonly fieldPath: string };
  readonly resourceFieldRef?: { readonly resource: string; readonly containerName?: string; readonly divisor?: string };
}

function fieldFiles(items: readonly FieldItem[] | undefined, mode = DEFAULT_MODE, facts: PodFacts): VolumeFile[] {
  const none: Container = { name: '' };
  return (items ?? []).map((item) => {
    const first = specOf(facts.pod).containers[0] ?? none;
    const { fieldRef, resourceFieldRef } = item;
    const text = fieldRef
      ? fieldValue(fieldRef.fieldPath, facts)
      : resourceFieldRef
        ? resourceValue(resourceFieldRef, first, facts)
        : '';
    return { path: inside(item.path), content: Buffer.from(text), mode: item.mode ?? mode };
  });
}

/** A path that stays in the volume. The API refuses others; a file system must not depend on that. */
function inside(path: string): string {
  if (path.startsWith('/') || path.split('/').includes('..')) throw new Missing(`the path "${path}" leaves its volume`);
  return path;
}
