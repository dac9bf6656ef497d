import type { IncomingHttpHeaders } from 'node:http';
import { apiVersionOf, type ResourceDefinition } from '../../api/meta/definition.ts';
import { notAcceptable } from '../../api/meta/errors.ts';
import { hasProtobuf, PROTOBUF_TYPE } from './protobuf-form.ts';

export type Encoding = 'json' | 'yaml' | 'protobuf';

/** How a client wants objects shown (Kubernetes docs, "API concepts": alternate representations). Pure. */
export interface Representation {
  readonly encoding: Encoding;
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

const OFFERED_TYPES = ['application/json', 'application/yaml', PROTOBUF_TYPE];

/** Memos of pure functions: clients say the same few things again and again. Bounded, for they may say anything. */
const mediaTypes = new Map<string, MediaClause>();
const accepted = new Map<string, readonly MediaClause[]>();
const MAX_REMEMBERED = 128;

function remembered<T>(memo: Map<string, T>, text: string, read: (text: string) => T): T {
  let value = memo.get(text);
  if (value === undefined) {
    if (memo.size >= MAX_REMEMBERED) memo.clear();
    value = read(text);
    memo.set(text, value);
  }
  return value;
}

/** Reads a media type with its parameters. */
export const parseMediaType = (text: string): MediaClause => remembered(mediaTypes, text, readMediaType);

/** The clauses of an `Accept` header, best first; absent or empty accepts anything. */
export const parseAccept = (header = ''): readonly MediaClause[] => remembered(accepted, header, readAccept);

function readMediaType(text: string): MediaClause {
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

function readAccept(header: string): readonly MediaClause[] {
  const clauses = header.split(',').map((clause) => clause.trim());
  const parsed = clauses.filter(Boolean).map(parseMediaType);
  if (parsed.length === 0) return [parseMediaType('*/*')];
  return parsed.filter((clause) => clause.quality > 0).toSorted((a, b) => b.quality - a.quality);
}

type Purpose = 'one' | 'many' | 'watch';

/** What of a call bears on the form of its answer. */
interface Asked {
  readonly headers: Pick<IncomingHttpHeaders, 'accept'>;
  readonly resource: ResourceDefinition;
}

/**
 * The first form the client lists that is offered. Of all resources metadata can be had as protobuf, and whole objects of those that
 * Kubernetes has messages of; Tables cannot. Throws `notAcceptable`.
 */
export function negotiate({ headers, resource }: Asked, purpose: Purpose): Representation {
  const whole = hasMessages(resource);
  for (const clause of parseAccept(headers.accept)) {
    const encoding = encodingOf(clause.type);
    if (!encoding || (purpose === 'watch' && encoding === 'yaml')) continue;
    const form = formOf(clause, purpose);
    if (form && (encoding !== 'protobuf' || form.as === 'partial' || (form.as === 'object' && whole)))
      return { encoding, form };
  }
  throw notAcceptable(whole ? OFFERED_TYPES : OFFERED_TYPES.filter((type) => type !== PROTOBUF_TYPE));
}

const hasMessages = (resource: ResourceDefinition): boolean =>
  !resource.custom && hasProtobuf({ apiVersion: apiVersionOf(resource), kind: resource.kind });

/** For a value of a kind that everybody knows, whatever it was that was asked for: JSON where nothing that is listed is offered. */
export function encodingFor(accept: string | undefined): Exclude<Encoding, 'yaml'> {
  const encodings = parseAccept(accept).map((clause) => encodingOf(clause.type));
  return encodings.find((encoding) => encoding === 'json' || encoding === 'protobuf') ?? 'json';
}

export function encodingOf(type: string): Encoding | undefined {
  if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json';
  if (type === PROTOBUF_TYPE) return 'protobuf';
  return type === 'application/yaml' ? 'yaml' : undefined;
}

function formOf(clause: MediaClause, purpose: Purpose): Representation['form'] | undefined {
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
