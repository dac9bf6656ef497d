import type { FieldSet } from '../../api/meta/managed-fields/field-set.ts';
import { fieldsOf, hasWholeFields } from '../../api/meta/managed-fields/fields-of.ts';
import { ownable } from '../../api/meta/managed-fields/ownership.ts';
import type { TSchema } from '../../api/meta/schema.ts';

/** How many different sets are kept for sharing. */
const MAX_SHARED = 256;
/** The last sets of a kind with which an object is compared before its own is made. */
const RECENT = 4;

interface Made {
  /** All fields of an object. */
  readonly whole: FieldSet;
  /** Those of them that have an owner. */
  readonly owned: FieldSet;
}

/**
 * The fields of new objects. Those made alike share one set, and of most of them it is not even made: a look along the last sets of
 * their kind finds it.
 *
 * Owns: the sets that new objects got lately, by kind and by text.
 */
export class MadeFields {
  readonly #recent = new Map<TSchema, readonly Made[]>();
  readonly #shared = new Map<string, FieldSet>();

  /** What of the object somebody can own. */
  ownableIn(schema: TSchema, object: unknown): FieldSet {
    const recent = this.#recent.get(schema) ?? [];
    const known = recent.find(({ whole }) => hasWholeFields(schema, object, whole));
    if (known) return known.owned;
    const whole = fieldsOf(schema, object, 'whole');
    const made = { whole, owned: this.#share(ownable(whole)) };
    this.#recent.set(schema, [made, ...recent.slice(0, RECENT - 1)]);
    return made.owned;
  }

  #share(fields: FieldSet): FieldSet {
    const text = JSON.stringify(fields);
    const known = this.#shared.get(text);
    if (known) return known;
    if (this.#shared.size >= MAX_SHARED) this.#shared.delete(this.#shared.keys().next().value!);
    this.#shared.set(text, fields);
    return fields;
  }
}
