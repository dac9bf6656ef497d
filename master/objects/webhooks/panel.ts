import { namespaces } from '../../../api/core/namespace.ts';
import { isSameResource, type ResourceDefinition } from '../../../api/meta/definition.ts';
import { badRequest, forbidden, internalError } from '../../../api/meta/errors.ts';
import { equalJson, type JsonObject } from '../../../api/meta/json.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { applyJsonPatch } from '../../../api/meta/patch/json.ts';
import type { Logger } from '../../../platform/log.ts';
import type { Rng } from '../../../platform/rng.ts';
import type { Authorizer } from '../../auth/authorization/authorizer.ts';
import type { CacheReader } from '../../store/cache.ts';
import { addressOf } from './address.ts';
import { CallFailed, readAnswer, type Verdict } from './answer.ts';
import { authorityOf } from './authority.ts';
import type { WebhookCaller } from './caller.ts';
import { Display } from './display.ts';
import type { Hook } from './hook.ts';
import type { Concerned, Panelists } from './hook-index.ts';
import { type Occasion, requestOf, reviewText, type Subject } from './review.ts';
import { Rounds } from './rounds.ts';

export interface PanelParts {
  readonly caller: WebhookCaller;
  readonly view: CacheReader;
  readonly rng: Rng;
  readonly log: Logger;
  readonly authorizer: Pick<Authorizer, 'authorize'>;
}

/** How the write itself deals with what webhooks make of its object. */
export interface ReviewSteps<T extends ApiObject> {
  /** Completes an object as our own rules do before anybody is asked, in place. */
  prepare(object: T): Promise<void> | void;
  /** What a webhook has made of `before`, as if the writer had asked for it: defaulted, and with nothing in it that no writer may set. */
  settle(changed: T, before: T): T;
  /** Throws where the object is not one that may be stored. */
  check(object: T): Promise<void> | void;
}

/** The webhooks that are asked about one write. */
export class Panel {
  readonly #occasion: Occasion;
  readonly #panelists: Panelists;
  readonly #parts: PanelParts;

  constructor(occasion: Occasion, panelists: Panelists, parts: PanelParts) {
    this.#occasion = occasion;
    this.#panelists = panelists;
    this.#parts = parts;
  }

  /** The object as it may be stored. Rejects with `ApiError` where it may not. */
  async review<T extends ApiObject>(object: T, previous: T | undefined, steps: ReviewSteps<T>): Promise<T> {
    await steps.prepare(object);
    const final = (await this.#mutate(object, previous, steps as unknown as ReviewSteps<ApiObject>)) as T;
    await steps.check(final);
    await this.#validate({ object: final, previous });
    return final;
  }

  /** Rejects with `ApiError` unless everybody agrees to what cannot be changed: a deletion, or something that is not stored. */
  async agree(subject: Subject, shown?: JsonObject): Promise<void> {
    const display = new Display(this.#occasion, subject, shown);
    for (const concerned of this.#panelists.mutating) {
      const verdict = await this.#ask(concerned, subject, display, 0);
      if (verdict?.patch === undefined || (Array.isArray(verdict.patch) && verdict.patch.length === 0)) continue;
      throw internalError(
        `admission webhook "${concerned.hook.name}" attempted to modify the object, which is not supported for this operation`,
      );
    }
    await this.#validate(subject, display);
  }

  /** One after the other, each on what the one before has made; and once more those that want to see what came after them. */
  async #mutate(object: ApiObject, previous: ApiObject | undefined, steps: ReviewSteps<ApiObject>): Promise<ApiObject> {
    const rounds = new Rounds(this.#panelists.mutating);
    let current = object;
    for (const round of [0, 1] as const) {
      for (const concerned of rounds.due(round)) {
        const changed = await this.#changeBy(concerned, { object: current, previous }, steps, round);
        rounds.asked(concerned, changed !== undefined);
        current = changed ?? current;
      }
      if (current === object || round === 1) break;
      const before = structuredClone(current);
      await steps.prepare(current);
      if (!equalJson(before, current)) rounds.changedByOthers();
    }
    return current;
  }

  /** Undefined where it is as before. */
  async #changeBy(
    concerned: Concerned,
    subject: Subject & { object?: ApiObject },
    steps: ReviewSteps<ApiObject>,
    round: number,
  ): Promise<ApiObject | undefined> {
    const { hook, shownAs } = concerned;
    const display = new Display(this.#occasion, subject);
    const verdict = await this.#ask(concerned, subject, display, round);
    if (!verdict) return undefined;
    const before = subject.object!;
    let changed: ApiObject | undefined;
    if (verdict.patch !== undefined) {
      const form = display.formOf(shownAs);
      const patched = patchedBy(hook, await display.object(shownAs), verdict.patch);
      const settled = steps.settle(await form.take(patched, before), before);
      if (!equalJson(asStored(settled), asStored(before))) changed = settled;
    }
    const { configuration, name: webhook, index } = hook;
    this.#annotate(`mutation.webhook.admission.k8s.io/round_${round}_index_${index}`, {
      configuration,
      webhook,
      mutated: changed !== undefined,
    });
    return changed;
  }

  /** All at once; of several refusals, the first in the order of webhooks counts. */
  async #validate(subject: Subject, display = new Display(this.#occasion, subject)): Promise<void> {
    const asked = this.#panelists.validating.map((concerned) => this.#ask(concerned, subject, display, 0));
    for (const outcome of await Promise.allSettled(asked)) if (outcome.status === 'rejected') throw outcome.reason;
  }

  /** Undefined: it is not concerned after all, or could not be asked and does not insist. Throws its refusal. */
  async #ask(
    { hook, shownAs }: Concerned,
    subject: Subject,
    display: Display,
    round: number,
  ): Promise<Verdict | undefined> {
    const { context } = this.#occasion;
    if (!this.#selects(hook, subject)) return undefined;
    const [object, oldObject] = await Promise.all([display.object(shownAs), display.previous(shownAs)]);
    const request = requestOf(this.#occasion, shownAs, display.formOf(shownAs), display.formOf(this.#occasion.asked));
    if (!this.#meetsConditions(hook, { object, oldObject, request })) return undefined;
    if (context.dryRun && hook.hasSideEffects)
      throw badRequest(`admission webhook "${hook.name}" does not support dry run`);
    let verdict: Verdict;
    try {
      verdict = await this.#call(hook, request, object, oldObject);
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      return this.#failed(hook, error, round);
    }
    for (const warning of verdict.warnings) context.warn?.(warning);
    for (const [key, value] of Object.entries(verdict.annotations)) context.annotate?.(`${hook.name}/${key}`, value);
    if (verdict.refusal) throw verdict.refusal;
    return verdict;
  }

  async #call(
    hook: Hook,
    request: JsonObject,
    object: JsonObject | undefined,
    oldObject: JsonObject | undefined,
  ): Promise<Verdict> {
    const { caller, rng, view } = this.#parts;
    const uid = rng.uuid();
    const text = await caller.post({
      address: addressOf(hook.client, view),
      ...(hook.client.caBundle && { caPem: Buffer.from(hook.client.caBundle, 'base64').toString('utf8') }),
      body: reviewText(hook.reviewVersion, uid, request, { object, oldObject }),
      timeoutSeconds: hook.timeoutSeconds,
    });
    return readAnswer(text, hook, uid);
  }

  #failed(hook: Hook, error: CallFailed, round: number): undefined {
    const { configuration, name: webhook, type, index, ignoresFailure } = hook;
    const message = `failed calling webhook "${webhook}": ${error.message}`;
    if (!ignoresFailure) throw internalError(message, error);
    this.#parts.log.warn({ configuration, webhook, error: error.message }, 'a webhook could not be asked; going on');
    const what = `failed-open.${type}.webhook.admission.k8s.io/round_${round}_index_${index}`;
    this.#annotate(what, { configuration, webhook, error: message });
  }

  #annotate(key: string, value: object): void {
    this.#occasion.context.annotate?.(key, JSON.stringify(value));
  }

  #selects({ namespaces: wanted, objects }: Hook, { object, previous }: Subject): boolean {
    if (objects.requirements.length > 0) {
      const matches = (each: ApiObject | undefined) => each !== undefined && objects.matches(each.metadata?.labels);
      if (!matches(object) && !matches(previous)) return false;
    }
    return wanted.requirements.length === 0 || this.#isInNamespace(wanted, object);
  }

  /** What is in no namespace every selector selects, but namespaces themselves, which go by their own labels. */
  #isInNamespace(wanted: Hook['namespaces'], object: ApiObject | undefined): boolean {
    const { kept, namespace, name } = this.#occasion;
    const isNamespace = isSameResource(kept as ResourceDefinition, namespaces as unknown as ResourceDefinition);
    if (isNamespace && object) return wanted.matches(object.metadata?.labels);
    const own = isNamespace ? name : namespace;
    if (!own) return true;
    const found = this.#parts.view.get(namespaces, undefined, own);
    return wanted.matches(found?.metadata?.labels);
  }

  #meetsConditions(
    hook: Hook,
    variables: { object?: JsonObject; oldObject?: JsonObject; request: JsonObject },
  ): boolean {
    const { object = null, oldObject = null, request } = variables;
    try {
      const authorizer = authorityOf(this.#occasion, this.#parts.authorizer);
      return hook.conditions(() => ({ object, oldObject, request, authorizer }));
    } catch (error) {
      if (hook.ignoresFailure) return false;
      throw forbidden(this.#occasion.asked, this.#occasion.name, (error as Error).message);
    }
  }
}

function patchedBy(hook: Hook, object: JsonObject | undefined, patch: unknown): unknown {
  try {
    return applyJsonPatch(object, patch);
  } catch (error) {
    throw internalError(
      `the patch of admission webhook "${hook.name}" does not fit: ${(error as Error).message}`,
      error,
    );
  }
}

/** What is said of an object by its place need not stand in it. */
const asStored = ({ apiVersion: _apiVersion, kind: _kind, ...rest }: ApiObject): object =>
  JSON.parse(JSON.stringify(rest)) as object;
