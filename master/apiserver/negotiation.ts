import { notAcceptable } from '../../api/meta/errors.ts';

/** How a client wants objects shown (Kubernetes docs, "API concepts": alternate representations). Pure. */
export interface Representation {
  readonly encoding: 'json' | 'yaml';
  readonly form:
    | { readonly as: 'object' }
    | { readonly as: 'table'; readonly version: 'v1' | 'v1beta1' }
    | { readonly as: 'partial'; readonly version: 'v1' | 'v1beta1' };
}

export interface MediaClause {
  /** Lower case: `application/json`. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** 0 to 1. */
  readonly quality: number;
}

export const OFFERED_TYPES = ['application/json', 'application/yaml'] as const;

/** Reads a media type with its parameters. */
export function parseMediaType(text: string): MediaClause {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters = new Map(
    rest.filter(Boolean).map((part): [string, string] => {
      const at = part.indexOf('=');
      return at < 0
        ? [part.toLowerCase(), '']
        : [part.slice(0, at).trim().toLowerCase(), unquote(part.slice(at + 1).trim())];
    }),
  );
  const quality = Number(parameters.get('q') ?? 1);
  return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 0 : quality };
}

const unquote = (text: string) => (text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text);

/** The clauses of an `Accept` header, best first; absent or empty accepts anything. */
export function parseAccept(header: string | undefined): MediaClause[] {
  const clauses = (header ?? '').split(',').map((clause) => clause.trim());
  const parsed = clauses.filter(Boolean).map(parseMediaType);
  if (parsed.length === 0) return [parseMediaType('*/*')];
  return parsed.filter((clause) => clause.quality > 0).toSorted((a, b) => b.quality - a.quality);
}

/**
 * The first form the client lists that is offered. Protobuf is passed over: every client that lists it lists JSON as well.
 * `forms` says which alternate forms make sense (writes and errors are always shown as the object). Throws `notAcceptable`.
 */
export function negotiate(header: string | undefined, purpose: 'one' | 'many' | 'watch'): Representation {
  for (const clause of parseAccept(header)) {
    const encoding = encodingOf(clause.type);
    if (!encoding || (purpose === 'watch' && encoding === 'yaml')) continue;
    const form = formOf(clause, purpose);
    if (form) return { encoding, form };
  }
  throw notAcceptable(OFFERED_TYPES);
}

export function encodingOf(type: string): 'json' | 'yaml' | undefined {
  if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json';
  return type === 'application/yaml' ? 'yaml' : undefined;
}

function formOf(clause: MediaClause, purpose: 'one' | 'many' | 'watch'): Representation['form'] | undefined {
  const as = clause.parameters.get('as');
  if (as === undefined) return { as: 'object' };
  const version = clause.parameters.get('v');
  if (clause.parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined;
  if (as === 'Table') return { as: 'table', version };
  const partial = purpose === 'many' ? 'PartialObjectMetadataList' : 'PartialObjectMetadata';
  return as === partial ? { as: 'partial', version } : undefined;
}

/** True when one of the clauses names this type, or a wildcard covers it. */
export function accepts(header: string | undefined, type: string): boolean {
  return parseAccept(header).some((clause) => [type, '*/*', 'application/*'].includes(clause.type));
}

/** True when `Accept-Encoding` allows gzip. */
export function acceptsGzip(header: string | string[] | undefined): boolean {
  const clauses = [header ?? ''].flat().join(',').split(',');
  return clauses
    .map(parseMediaType)
    .some((clause) => (clause.type === 'gzip' || clause.type === '*') && clause.quality > 0);
}
