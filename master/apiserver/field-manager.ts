import type { UpdateOptions, WriteContext } from '../objects/objects.ts';
import { type ResourceCall, writerOf } from './context.ts';
import { MAX_MANAGER_LENGTH, UNPRINTABLE, type WriteQuery } from './query-options.ts';

/** Subresources whose writers are told apart from those of the whole object. */
type Part = UpdateOptions['part'];

/** Who writes, for `Objects`, with the name under which the fields become its own. */
export const managingWriter = (call: ResourceCall, query: WriteQuery, part: Part = 'main'): WriteContext => ({
  ...writerOf(call, query.dryRun),
  manager: {
    name: query.fieldManager || programOf(call.headers['user-agent'] ?? ''),
    ...(part !== 'main' && { subresource: part }),
  },
});

/** What a client that names no manager goes by: its program, `kubectl` of `kubectl/v1.35.0 (linux/amd64)`. */
export function programOf(userAgent: string): string {
  let name = '';
  for (const character of userAgent.split('/', 1)[0] ?? '') {
    if (UNPRINTABLE.test(character)) continue;
    if (Buffer.byteLength(name + character) > MAX_MANAGER_LENGTH) break;
    name += character;
  }
  return name || 'unknown';
}
