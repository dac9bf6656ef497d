import { badRequest, type FieldError, invalid } from '../../api/meta/errors.ts';
import { forbiddenField, invalidValue, notSupported, required, tooLong } from '../../api/meta/validation.ts';
import { isTrue } from './request.ts';

/** The query parameters of reads and writes, checked as Kubernetes does (API reference, "Common parameters"). Pure. */

const asOptions = (kind: string) => ({ group: 'meta.k8s.io', version: 'v1', kind, plural: kind.toLowerCase() });
const refuse = (kind: string, errors: readonly FieldError[]): void => {
  if (errors.length > 0) throw invalid(asOptions(kind), '', errors);
};

/** An integer parameter, or undefined when absent or empty. Throws `badRequest` for anything else. */
export function integer(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!/^-?\d{1,15}$/.test(value)) throw badRequest(`query parameter ${name}: "${value}" is not an integer`);
  return Number(value);
}

/** A resourceVersion parameter: undefined when absent, else a revision >= 0. */
export function revisionParameter(query: URLSearchParams): number | undefined {
  const value = query.get('resourceVersion');
  if (value === null || value === '') return undefined;
  if (!/^\d{1,15}$/.test(value)) {
    refuse('ListOptions', [
      invalidValue('resourceVersion', value, 'must be a resource version that this server gave out'),
    ]);
  }
  return Number(value);
}

export interface ListQuery {
  readonly limit?: number;
  readonly continue?: string;
  readonly revision?: number;
  readonly match?: 'Exact' | 'NotOlderThan';
}

/** Reads and checks what a list may carry. Throws 400 or 422. */
export function listQuery(query: URLSearchParams): ListQuery {
  const limit = integer(query, 'limit');
  const revision = revisionParameter(query);
  const token = query.get('continue') || undefined;
  const match = query.get('resourceVersionMatch') || undefined;
  refuse('ListOptions', [
    ...(query.get('sendInitialEvents') ? [forbiddenField('sendInitialEvents', 'it may be set only on a watch')] : []),
    ...matchFaults(match, revision, token),
  ]);
  if (limit !== undefined && limit < 0) throw badRequest(`query parameter limit: ${limit} is negative`);
  if (token && revision) throw badRequest('a resourceVersion may not be given together with a continue key');
  return { ...(limit && { limit }), continue: token, revision, match: match as ListQuery['match'] };
}

function matchFaults(match: string | undefined, revision: number | undefined, token: string | undefined): FieldError[] {
  if (match === undefined) return [];
  const path = 'resourceVersionMatch';
  if (token) return [forbiddenField(path, 'it may not be given together with a continue key')];
  if (revision === undefined) return [forbiddenField(path, 'it needs a resourceVersion to match')];
  if (match !== 'Exact' && match !== 'NotOlderThan') return [notSupported(path, match, ['Exact', 'NotOlderThan'])];
  if (match === 'Exact' && revision === 0)
    return [forbiddenField(path, 'Exact has no meaning for resourceVersion "0"')];
  return [];
}

export interface WatchQuery {
  /** `state`: first what is there, then changes. `changes`: only changes after `revision` (undefined: from now on). */
  readonly start: 'state' | 'changes';
  readonly revision?: number;
  readonly bookmarks: boolean;
  /** Mark the end of the initial state with a bookmark. */
  readonly markInitialEnd: boolean;
  readonly timeoutMs?: number;
}

/** Reads and checks what a watch may carry ("API concepts": watch, streaming lists). Throws 400 or 422. */
export function watchQuery(query: URLSearchParams): WatchQuery {
  const revision = revisionParameter(query);
  const match = query.get('resourceVersionMatch') || undefined;
  const initial = query.get('sendInitialEvents') || undefined;
  const bookmarks = isTrue(query.get('allowWatchBookmarks'));
  refuse('ListOptions', initialFaults(initial, match, bookmarks));
  const seconds = integer(query, 'timeoutSeconds');
  const wantsState = initial === undefined ? !revision : isTrue(initial);
  return {
    start: wantsState ? 'state' : 'changes',
    revision,
    bookmarks,
    markInitialEnd: initial !== undefined && isTrue(initial) && bookmarks,
    ...(seconds && seconds > 0 && { timeoutMs: seconds * 1000 }),
  };
}

function initialFaults(initial: string | undefined, match: string | undefined, bookmarks: boolean): FieldError[] {
  const path = 'resourceVersionMatch';
  if (initial === undefined) {
    return match ? [forbiddenField(path, 'on a watch it needs sendInitialEvents')] : [];
  }
  const faults: FieldError[] = [];
  if (match === undefined)
    faults.push(forbiddenField('sendInitialEvents', 'it needs resourceVersionMatch=NotOlderThan'));
  else if (match !== 'NotOlderThan') faults.push(notSupported(path, match, ['NotOlderThan']));
  if (isTrue(initial) && !bookmarks) {
    faults.push(forbiddenField('sendInitialEvents', 'it needs allowWatchBookmarks=true'));
  }
  return faults;
}

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export interface WriteQuery {
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  /** Empty where the client names none. */
  readonly fieldManager: string;
}

export interface PatchQuery extends WriteQuery {
  /** Take fields from other managers. */
  readonly force: boolean;
}

/** Reads and checks what every write may carry. Throws 422. */
export function writeQuery(query: URLSearchParams): WriteQuery {
  const { faults, ...read } = readWrite(query);
  refuse('CreateOptions', faults);
  return read;
}

/** Reads and checks what a patch may carry: who applies must say so, and only who applies may force. Throws 422. */
export function patchQuery(query: URLSearchParams, type: 'apply' | 'other'): PatchQuery {
  const { faults, ...read } = readWrite(query);
  const force = query.get('force');
  if (type === 'apply' && !read.fieldManager) faults.push(required('fieldManager', 'is required for apply patch'));
  if (type === 'other' && force) faults.push(forbiddenField('force', 'may not be specified for non-apply patch'));
  refuse('PatchOptions', faults);
  return { ...read, force: isTrue(force || null) };
}

function readWrite(query: URLSearchParams): WriteQuery & { faults: FieldError[] } {
  const fieldValidation = query.get('fieldValidation') || 'Warn';
  const fieldManager = query.get('fieldManager') ?? '';
  const known = ['Ignore', 'Warn', 'Strict'] as const;
  const faults = [...managerFaults(fieldManager), ...dryRunFaults(query.getAll('dryRun'))];
  if (!known.some((value) => value === fieldValidation)) {
    faults.push(notSupported('fieldValidation', fieldValidation, known));
  }
  const dryRun = isDryRun(query.getAll('dryRun'));
  return { dryRun, fieldValidation: fieldValidation as FieldValidation, fieldManager, faults };
}

/** Longest name of a manager, in bytes. */
export const MAX_MANAGER_LENGTH = 128;

/** What Go's unicode package calls not printable. */
export const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;

function managerFaults(name: string): FieldError[] {
  if (Buffer.byteLength(name) > MAX_MANAGER_LENGTH) return [tooLong('fieldManager', MAX_MANAGER_LENGTH)];
  const found = UNPRINTABLE.exec(name);
  if (!found) return [];
  const code = found[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
  return [invalidValue('fieldManager', name, `invalid character U+${code} (at position ${found.index})`)];
}

export const isDryRun = (values: readonly string[]): boolean => values.includes('All');

export function dryRunFaults(values: readonly string[]): FieldError[] {
  return values
    .filter((value) => value !== '' && value !== 'All')
    .map((value) => notSupported('dryRun', value, ['All']));
}
