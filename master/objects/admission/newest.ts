import { type ApiObject, metaOf } from '../../../api/meta/object.ts';

/** The name of the object made last, of several made then the first by name. */
export function newestName(objects: readonly ApiObject[]): string | undefined {
  const [newest] = objects
    .map((object) => ({ name: metaOf(object).name ?? '', made: metaOf(object).creationTimestamp ?? '' }))
    .sort((a, b) => b.made.localeCompare(a.made) || a.name.localeCompare(b.name));
  return newest?.name;
}
