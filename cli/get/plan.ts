import { usageFailure } from '../failure.ts';
import { type FileFlags, readManifests } from '../manifests.ts';
import { type OutputFormat, parseOutput } from '../output.ts';
import { parseTargets, resolveKind, type Target } from '../resources.ts';
import type { CommonFlags, Session } from '../session.ts';
import type { TableOptions } from '../table.ts';

export interface GetFlags extends CommonFlags, FileFlags {
  selector?: string;
  fieldSelector?: string;
  output?: string;
  watch?: boolean;
  watchOnly?: boolean;
  headers?: boolean;
  showLabels?: boolean;
  showKind?: boolean;
  labelColumns?: string[];
  sortBy?: string;
  ignoreNotFound?: boolean;
  showManagedFields?: boolean;
  chunkSize?: string;
}

/** A {@link Target} with the namespace it is looked for in (absent: all, or cluster-wide). */
export interface PlacedTarget extends Target {
  readonly namespace?: string;
}

export interface GetPlan {
  readonly targets: readonly PlacedTarget[];
  readonly format: OutputFormat;
  readonly table: TableOptions;
  readonly query: Record<string, string | undefined>;
  readonly flags: GetFlags;
}

/** Reads the words and flags of `get`. */
export async function planGet(session: Session, words: readonly string[], flags: GetFlags): Promise<GetPlan> {
  const format = parseOutput(flags.output);
  const targets = await placeTargets(session, words, flags);
  if (flags.selector && targets.some((target) => target.name)) {
    throw usageFailure('error: a name and a selector (-l) cannot go together');
  }
  return {
    targets,
    format,
    flags,
    query: { labelSelector: flags.selector, fieldSelector: flags.fieldSelector },
    table: {
      wide: format.type === 'table' && format.wide,
      withKind: flags.showKind,
      showLabels: flags.showLabels,
      labelColumns: flags.labelColumns,
    },
  };
}

/** The targets of a command line's words or `-f` files, each with its namespace. */
export async function placeTargets(
  session: Session,
  words: readonly string[],
  flags: CommonFlags & FileFlags,
): Promise<PlacedTarget[]> {
  const resources = await session.resources();
  if (flags.filename?.length) {
    const manifests = await readManifests(session, flags);
    return manifests.map(({ object }) => {
      const resource = resolveKind(resources, object.apiVersion ?? '', object.kind ?? '');
      const namespace = resource.namespaced ? (object.metadata?.namespace ?? session.namespace) : undefined;
      return { resource, name: object.metadata?.name, namespace };
    });
  }
  const targets = parseTargets(resources, words);
  if (flags.allNamespaces && targets.some((target) => target.name)) {
    throw usageFailure('error: a resource cannot be retrieved by name across all namespaces');
  }
  const namespace = flags.allNamespaces ? undefined : session.namespace;
  return targets.map((target) => ({ ...target, namespace: target.resource.namespaced ? namespace : undefined }));
}
