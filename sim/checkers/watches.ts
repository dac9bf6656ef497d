import type { Observation, SeenObject, Target } from '../history.ts';
import { type Answered, type Asked, isDone, OpenCalls } from './calls.ts';
import type { Checker, Report } from './checker.ts';
import { keyOf, list, revisionOf, text } from './fields.ts';
import { ONLOOKER } from './seen-cell.ts';

type Told = Extract<Observation, { type: 'told' }>;

/** Changes that each watch remembers, to compare with lists that are older than it is by now. */
const REMEMBERED = 512;
/** So soon before the end of a history a watch may not have heard of everything yet. */
const LAG_MS = 10_000;

interface Watch {
  readonly number: number;
  readonly client: string;
  readonly target: Target;
  /** Revisions by name. Undefined: it began without a list, so that what is there is not known. */
  readonly state: Map<string, number> | undefined;
  revision: number;
  /** Changes after `forgotten`, newest last, with what was there before. */
  readonly undo: { readonly key: string; readonly before: number | undefined; readonly revision: number }[];
  forgotten: number;
  /** Lists and writes that lie ahead of what it has told. */
  ahead: Ahead[];
}

interface Ahead {
  readonly revision: number;
  readonly atMs: number;
  readonly judge: () => void;
}

/** Owns what each open watch has shown so far, and holds it against lists and acknowledged writes. */
export class Watches implements Checker {
  private readonly open = new Map<number, Watch>();
  /** Those that others may go on where they ended, by client and target. */
  private readonly ended = new Map<string, Watch>();
  private readonly calls = new OpenCalls();
  private readonly report: Report;

  constructor(report: Report) {
    this.report = report;
  }

  take(seen: Observation): void {
    const asked = this.calls.take(seen);
    if (asked && seen.type === 'answered' && isDone(seen)) this.answered(asked, seen);
    else if (seen.type === 'watching') this.begin(seen);
    else if (seen.type === 'told') this.told(seen);
    else if (seen.type === 'unwatched') this.end(seen.watch);
    else if (seen.type === 'end') this.rest(seen.atMs);
  }

  private begin({ watch: number, target, initial, from, client }: Extract<Observation, { type: 'watching' }>): void {
    const revision = Number(from);
    const last = this.ended.get(nameOf(client, target));
    this.ended.delete(nameOf(client, target));
    const goesOn = last?.revision === revision ? last.state : undefined;
    const state = initial ? new Map(initial.map((item) => [keyOf(item), revisionOf(item)])) : goesOn;
    this.open.set(number, { number, client, target, state, revision, undo: [], forgotten: revision, ahead: [] });
  }

  private end(number: number): void {
    const watch = this.open.get(number);
    this.open.delete(number);
    if (watch) this.ended.set(nameOf(watch.client, watch.target), watch);
  }

  /** By now the onlooker has been told of everything. */
  private rest(atMs: number): void {
    for (const { client, ahead } of this.open.values()) {
      if (client !== ONLOOKER) continue;
      for (const each of ahead) if (each.atMs < atMs - LAG_MS) each.judge();
    }
  }

  private told({ watch: number, change, object, atMs }: Told): void {
    const watch = this.open.get(number);
    if (!watch) return;
    const revision = revisionOf(object);
    const complain = (fault: string) =>
      this.report(
        atMs,
        `watch ${number} of ${watch.target.resource}: ${change} ${keyOf(object)} at ${revision}: ${fault}`,
      );
    if (revision < watch.revision) {
      complain(`it had told of revision ${watch.revision} before`);
      return;
    }
    this.judgeAhead(watch, change === 'BOOKMARK' ? revision + 1 : revision);
    watch.revision = revision;
    if (change !== 'BOOKMARK') this.apply(watch, change, object, complain);
  }

  private apply(watch: Watch, change: Told['change'], object: SeenObject, complain: (fault: string) => void): void {
    const [key, revision] = [keyOf(object), revisionOf(object)];
    const before = watch.state?.get(key);
    if (watch.state && (change === 'ADDED') !== (before === undefined))
      complain(before === undefined ? 'it was not there' : `it was there at ${before}`);
    else if (before !== undefined && before >= revision) complain(`it was told at ${before} already`);
    watch.undo.push({ key, before, revision });
    if (watch.undo.length > REMEMBERED * 2) watch.forgotten = watch.undo.splice(0, REMEMBERED).at(-1)!.revision;
    if (change === 'DELETED') watch.state?.delete(key);
    else watch.state?.set(key, revision);
  }

  /** Everything before `revision` has been told. */
  private judgeAhead(watch: Watch, revision: number): void {
    if (watch.ahead.length === 0) return;
    const due = watch.ahead.filter((each) => each.revision < revision);
    if (due.length > 0) watch.ahead = watch.ahead.filter((each) => each.revision >= revision);
    for (const { judge } of due) judge();
  }

  private answered(asked: Asked, answer: Answered): void {
    const revision = revisionOf(answer.object);
    if (revision === 0) return;
    for (const watch of this.open.values()) {
      if (watch.target.resource !== asked.target.resource || watch.target.name) continue;
      const judge = this.comparison(watch, asked, answer);
      if (!judge) continue;
      if (watch.revision > revision) judge();
      else watch.ahead.push({ revision, atMs: answer.atMs, judge });
    }
  }

  private comparison(watch: Watch, asked: Asked, answer: Answered): (() => void) | undefined {
    const { namespace } = watch.target;
    if (asked.verb === 'list') {
      const whole = !asked.target.name && !text(answer.object, 'metadata', 'continue');
      return whole && namespace === asked.target.namespace ? () => this.compareList(watch, asked, answer) : undefined;
    }
    const within = !namespace || namespace === text(answer.object, 'metadata', 'namespace');
    return WRITES.has(asked.verb) && within ? () => this.compareWrite(watch, asked, answer) : undefined;
  }

  private compareWrite(
    { number, target, undo, forgotten }: Watch,
    { call, verb }: Asked,
    { object, atMs }: Answered,
  ): void {
    const [key, revision] = [keyOf(object), revisionOf(object)];
    if (revision <= forgotten || undo.some((each) => each.revision === revision && each.key === key)) return;
    this.report(
      atMs,
      `watch ${number} of ${target.resource} never told of ${key} at ${revision} (${verb}, call ${call})`,
    );
  }

  private compareList(watch: Watch, { call }: Asked, { object, atMs }: Answered): void {
    const revision = revisionOf(object);
    if (!watch.state || revision < watch.forgotten) return;
    const state = new Map(watch.state);
    for (let i = watch.undo.length - 1; i >= 0 && watch.undo[i]!.revision > revision; i -= 1) {
      const { key, before } = watch.undo[i]!;
      if (before === undefined) state.delete(key);
      else state.set(key, before);
    }
    const shown = new Map(list(object, 'items').map((item) => [keyOf(item), revisionOf(item)]));
    const differing = [...new Set([...state.keys(), ...shown.keys()])].filter(
      (key) => state.get(key) !== shown.get(key),
    );
    if (differing.length === 0) return;
    const [key] = differing as [string];
    this.report(
      atMs,
      `watch ${watch.number} of ${watch.target.resource} and list ${call} at ${revision} differ in ${differing.length} objects: ${key} is at ${state.get(key) ?? 'no revision'} in the watch, at ${shown.get(key) ?? 'no revision'} in the list`,
    );
  }
}

const nameOf = (client: string, { resource, namespace, name }: Target): string =>
  `${client} ${resource} ${namespace}/${name}`;

const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch']);
