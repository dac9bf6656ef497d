import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { ApiObject } from '../api/meta/object.ts';
import { CommandFailure } from './failure.ts';

/** One object out of a file. */
export interface Manifest {
  /** File name, or `STDIN`. */
  readonly source: string;
  readonly object: ApiObject;
}

export interface FileFlags {
  /** Files, directories, or `-` for standard input. */
  filename?: string[];
  recursive?: boolean;
}

const EXTENSIONS = /\.(ya?ml|json)$/;

/** All objects in the given files, in order; the members of a List stand for it. */
export async function readManifests(
  input: { readonly readStdin: () => Promise<string> },
  flags: FileFlags,
): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  for (const name of flags.filename ?? []) {
    if (name === '-') manifests.push(...parseManifests(await input.readStdin(), 'STDIN'));
    else
      for (const file of filesUnder(name, flags.recursive ?? false))
        manifests.push(...parseManifests(readFile(file), file));
  }
  if (manifests.length === 0)
    throw new CommandFailure('error: no objects passed to apply, delete or get in the given files');
  return manifests;
}

function filesUnder(name: string, recursive: boolean): string[] {
  const stats = statSync(name, { throwIfNoEntry: false });
  if (!stats) throw new CommandFailure(`error: the path "${name}" does not exist`);
  if (!stats.isDirectory()) return [name];
  return readdirSync(name, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.isDirectory()) return recursive ? filesUnder(join(name, entry.name), true) : [];
      return EXTENSIONS.test(entry.name) ? [join(name, entry.name)] : [];
    });
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandFailure(`error: cannot read ${file}: ${(error as Error).message}`, 1, error);
  }
}

/** The objects of one text: YAML documents, or JSON (which is YAML). */
export function parseManifests(text: string, source: string): Manifest[] {
  const documents = parseAllDocuments(text, { uniqueKeys: true });
  return ('empty' in documents ? [] : documents).flatMap((document) => {
    const fault = document.errors[0];
    if (fault) throw new CommandFailure(`error: error parsing ${source}: ${fault.message.split('\n')[0]}`);
    const value = unfolded(document, source);
    return value === null || value === undefined ? [] : objectsIn(value, source);
  });
}

/** Aliases may lead nowhere, or to too much. */
function unfolded(document: { toJS(options: { maxAliasCount: number }): unknown }, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new CommandFailure(`error: error parsing ${source}: ${(error as Error).message}`, 1, error);
  }
}

function objectsIn(value: unknown, source: string): Manifest[] {
  const object = value as ApiObject & { items?: unknown[] };
  if (typeof value !== 'object' || Array.isArray(value) || !object.apiVersion || !object.kind) {
    throw new CommandFailure(`error: unable to decode "${source}": an object needs both apiVersion and kind`);
  }
  if (object.kind.endsWith('List') && Array.isArray(object.items)) {
    return object.items.flatMap((item) => objectsIn(item, source));
  }
  return [{ source, object }];
}
