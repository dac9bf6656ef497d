import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import type { JsonObject } from '../../../api/meta/json.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { type Form, formOf } from './form.ts';
import type { Occasion, Subject } from './review.ts';

/** Owns: what was shown of one state of an object, in each version that some webhook wants to see; each is made once. */
export class Display {
  readonly #occasion: Occasion;
  readonly #subject: Subject;
  readonly #given: JsonObject | undefined;
  readonly #forms = new Map<ResourceDefinition, Form>();
  readonly #shown = new Map<Form, Map<ApiObject, Promise<JsonObject>>>();

  /** `given`: what is shown in place of an object, where what is asked for is not an object that is kept. */
  constructor(occasion: Occasion, subject: Subject, given?: JsonObject) {
    this.#occasion = occasion;
    this.#subject = subject;
    this.#given = given;
  }

  formOf(shownAs: ResourceDefinition): Form {
    let form = this.#forms.get(shownAs);
    if (!form) {
      const { kept, subresource } = this.#occasion;
      form = this.#given ? givenForm(this.#given) : formOf(kept, shownAs, subresource);
      this.#forms.set(shownAs, form);
    }
    return form;
  }

  async object(shownAs: ResourceDefinition): Promise<JsonObject | undefined> {
    return this.#given ?? this.#show(shownAs, this.#subject.object);
  }

  async previous(shownAs: ResourceDefinition): Promise<JsonObject | undefined> {
    // Whoever binds a pod makes a binding where there was none.
    return this.#occasion.operation === 'CREATE' ? undefined : this.#show(shownAs, this.#subject.previous);
  }

  #show(shownAs: ResourceDefinition, object: ApiObject | undefined): Promise<JsonObject> | undefined {
    if (!object) return undefined;
    const form = this.formOf(shownAs);
    const shown = this.#shown.get(form) ?? new Map<ApiObject, Promise<JsonObject>>();
    this.#shown.set(form, shown);
    const made = shown.get(object) ?? form.show(object);
    shown.set(object, made);
    return made;
  }
}

function givenForm({ apiVersion, kind }: JsonObject): Form {
  const [version = '', group = ''] = String(apiVersion).split('/').reverse();
  const refuse = async (): Promise<never> => {
    throw new Error('what is not kept cannot be changed');
  };
  return { kind: { group, version, kind: String(kind) }, show: refuse, take: refuse };
}
