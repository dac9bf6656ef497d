import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import { type ApiResource, pathOf } from '../discovery.ts';
import { CommandFailure, refusedWith, usageFailure, whileDoing } from '../failure.ts';
import { raise } from '../get/attempts.ts';
import { type FileFlags, type Manifest, readManifests } from '../manifests.ts';
import { listOf, nameLine, parseOutput, printObject } from '../output.ts';
import { resolveKind } from '../resources.ts';
import type { CommonFlags, Session } from '../session.ts';
import { LAST_APPLIED, lastApplied, withLastApplied } from './last-applied.ts';
import { type JsonObject, threeWayPatch } from './three-way.ts';

export interface ApplyFlags extends CommonFlags, FileFlags {
  dryRun?: string | boolean;
  output?: string;
  /** `--validate=false|warn|strict`. */
  validate?: string | boolean;
}

export interface Applied {
  readonly resource: ApiResource;
  readonly object: ApiObject;
  readonly outcome: 'created' | 'configured' | 'unchanged';
}

const MANAGER = 'kubectl-client-side-apply';
/** Somebody else may write between our read and our patch. */
const MAX_ATTEMPTS = 5;

/** `stowctl apply -f`: creates what is missing, changes what differs; each object by itself, in the files' order. */
export async function apply(session: Session, flags: ApplyFlags): Promise<void> {
  if (!flags.filename?.length) throw usageFailure('error: must specify one of -f: a file, a directory, or - for stdin');
  const dryRun = dryRunOf(flags.dryRun);
  const format = parseOutput(flags.output);
  const failures: CommandFailure[] = [];
  const applied: Applied[] = [];
  for (const manifest of await readManifests(session, flags)) {
    try {
      const result = await applyOne(session, manifest, flags, dryRun);
      applied.push(result);
      if (format.type === 'table') session.terminal.out(`${outcomeLine(result, dryRun)}\n`);
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      failures.push(error);
    }
  }
  if (format.type === 'name') {
    for (const { resource, object } of applied) {
      session.terminal.out(`${nameLine(resource, object.metadata?.name ?? '')}\n`);
    }
  } else if (format.type !== 'table' && applied.length > 0) {
    const objects = applied.map(({ object }) => object);
    session.terminal.out(printObject(objects.length === 1 ? objects[0]! : listOf(objects), format));
  }
  raise(session, failures);
}

/** Applies one object. `flags.namespace` must not contradict the manifest. */
export async function applyOne(
  session: Session,
  { object, source }: Manifest,
  flags: ApplyFlags,
  dryRun: DryRun = 'none',
): Promise<Applied> {
  const resource = resolveKind(await session.resources(), object.apiVersion ?? '', object.kind ?? '');
  const placed = withLastApplied(placedObject(session, resource, object, source, flags));
  for (let attempt = 1; ; attempt++) {
    try {
      return await createOrPatch(session, resource, { object: placed, source }, flags, dryRun);
    } catch (error) {
      if (!refusedWith(error, 409) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

type DryRun = 'none' | 'client' | 'server';

function dryRunOf(value: string | boolean | undefined): DryRun {
  if (value === undefined || value === false || value === 'none') return 'none';
  if (value === 'client' || value === 'server') return value;
  throw usageFailure(`error: --dry-run takes none, client or server, not "${value}"`);
}

function placedObject(
  session: Session,
  resource: ApiResource,
  object: ApiObject,
  source: string,
  flags: ApplyFlags,
): ApiObject {
  const metadata = metaOf(object);
  if (!metadata.name) {
    const hint = metadata.generateName ? 'generateName cannot be used with apply' : 'it needs metadata.name';
    throw new CommandFailure(`error: the ${object.kind} in ${source} cannot be applied: ${hint}`);
  }
  if (!resource.namespaced) return object;
  if (flags.namespace && metadata.namespace && metadata.namespace !== flags.namespace) {
    throw new CommandFailure(
      `error: the namespace from the provided object "${metadata.namespace}" does not match the namespace "${flags.namespace}". You must pass '--namespace=${metadata.namespace}' to perform this operation.`,
    );
  }
  return { ...object, metadata: { ...metadata, namespace: metadata.namespace ?? session.namespace } };
}

async function createOrPatch(
  session: Session,
  resource: ApiResource,
  manifest: Manifest,
  flags: ApplyFlags,
  dryRun: DryRun,
): Promise<Applied> {
  const { name, namespace } = metaOf(manifest.object);
  const query = {
    fieldManager: MANAGER,
    fieldValidation: validationOf(flags.validate),
    dryRun: dryRun === 'server' ? 'All' : undefined,
  };
  const work: Work = { session, resource, manifest, query, path: pathOf(resource, namespace, name) };
  const current = await liveObject(session, work.path);
  return current ? patchObject(work, current, dryRun) : createObject(work, dryRun);
}

/** One object on its way. */
interface Work {
  readonly session: Session;
  readonly resource: ApiResource;
  readonly manifest: Manifest;
  readonly query: Record<string, string | undefined>;
  readonly path: string;
}

async function createObject({ session, resource, manifest, query }: Work, dryRun: DryRun): Promise<Applied> {
  const { object, source } = manifest;
  if (dryRun === 'client') return { resource, object, outcome: 'created' };
  const collection = pathOf(resource, object.metadata?.namespace);
  const call = { body: object, query, signal: session.signal };
  const created = await session.client.json<ApiObject>('POST', collection, call).catch((error: unknown) => {
    throw whileDoing('creating', source, error);
  });
  return { resource, object: created, outcome: 'created' };
}

async function patchObject(work: Work, current: ApiObject, dryRun: DryRun): Promise<Applied> {
  const { session, resource, query, path } = work;
  const { object, source } = work.manifest;
  const original = lastApplied(current);
  if (!original) session.terminal.err(neverAppliedWarning(resource, object.metadata?.name ?? ''));
  const schema = await schemaOf(object);
  const patch = threeWayPatch(schema, original ?? {}, object as JsonObject, current as JsonObject);
  if (Object.keys(patch).length === 0) return { resource, object: current, outcome: 'unchanged' };
  if (dryRun === 'client') return { resource, object, outcome: 'configured' };
  const contentType = schema ? 'application/strategic-merge-patch+json' : 'application/merge-patch+json';
  const call = { body: patch, contentType, query, signal: session.signal };
  const patched = await session.client.json<ApiObject>('PATCH', path, call).catch((error: unknown) => {
    throw whileDoing('patching', source, error);
  });
  return { resource, object: patched, outcome: 'configured' };
}

async function liveObject(session: Session, path: string): Promise<ApiObject | undefined> {
  try {
    return await session.client.get<ApiObject>(path, { signal: session.signal });
  } catch (error) {
    if (refusedWith(error, 404)) return undefined;
    throw error;
  }
}

/** The registry is loaded only here: it holds every schema. */
async function schemaOf(object: ApiObject) {
  const { resourceOfKind } = await import('../../api/registry.ts');
  return resourceOfKind(object.apiVersion ?? '', object.kind ?? '')?.schema;
}

function validationOf(validate: string | boolean | undefined): string {
  if (validate === undefined || validate === true || validate === 'true' || validate === 'strict') return 'Strict';
  if (validate === false || validate === 'false' || validate === 'ignore') return 'Ignore';
  if (validate === 'warn') return 'Warn';
  throw usageFailure(`error: --validate takes strict, warn or ignore, not "${validate}"`);
}

function outcomeLine({ resource, object, outcome }: Applied, dryRun: DryRun): string {
  const suffix = { none: '', client: ' (dry run)', server: ' (server dry run)' }[dryRun];
  return `${nameLine(resource, object.metadata?.name ?? '')} ${outcome}${suffix}`;
}

const neverAppliedWarning = (resource: ApiResource, name: string) =>
  `Warning: ${nameLine(resource, name)} was not made by apply (it lacks the annotation ${LAST_APPLIED}); it is added now, and fields that this file never named stay as they are.\n`;
