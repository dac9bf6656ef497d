import type { Observation, SeenObject } from '../history.ts';
import { type Answered, type Asked, isDone, OpenCalls } from './calls.ts';
import type { Checker, Report } from './checker.ts';
import { entryOf } from './entry.ts';
import { isDeleting, keyOf, revisionOf, targetKey, text, uidOf } from './fields.ts';
import type { Change, Gap, SeenCell } from './seen-cell.ts';
import { type Fact, type Step, unexplained } from './timeline.ts';

/** Watches may be behind by this much when a history is cut off. */
const LAG_MS = 30_000;

interface Version {
  readonly revision: number;
  readonly uid: string;
  readonly leaving: boolean;
}

interface Story {
  readonly versions: Map<number, Version>;
  readonly ends: Set<number>;
  readonly facts: Fact[];
  /** Revisions of which it is known who wrote them on which version. */
  readonly bases: Map<number, number>;
  /** The revision that is known to be the first. */
  born?: number;
  /** Between these revisions nobody knows what else happened. */
  readonly gaps: { readonly after: number; readonly until: number }[];
}

/** Owns the story of each object: every version that anybody saw, and every answer about it. */
export class Linearizable implements Checker {
  private readonly stories = new Map<string, Map<string, Story>>();
  private readonly calls = new OpenCalls();
  private readonly newest = new Map<string, { revision: number; call: number }>();
  private readonly floors = new Map<number, { revision: number; call: number }>();
  private readonly cell: SeenCell;
  private readonly report: Report;
  private ended = false;
  private nowMs = 0;

  constructor(report: Report, cell: SeenCell) {
    this.report = report;
    this.cell = cell;
  }

  take(seen: Observation): void {
    this.nowMs = seen.atMs;
    this.ended ||= seen.type === 'end';
    const asked = this.calls.take(seen);
    if (seen.type === 'asked' && seen.verb === 'list') {
      const floor = this.newest.get(seen.target.resource);
      if (floor) this.floors.set(seen.call, floor);
    }
    if (asked && seen.type === 'answered') this.answered(asked, seen);
  }

  changed({ resource, key, after, revision, atMs, by, before }: Change): void {
    const story = this.storyOf(resource, key);
    if (!after && by === 'listed') return;
    if (after) addVersion(story, after);
    else story.ends.add(revision);
    if (after && !before && by === 'told') story.born ??= revision;
    story.facts.push({ type: 'seen', revision, fromMs: atMs, toMs: atMs });
  }

  /** What the list does not show as it was has changed in between, nobody knows how often; or has come and gone. */
  missed({ resource, after, until }: Gap): void {
    for (const [key, story] of this.stories.get(resource) ?? []) {
      const shown = this.cell.all(resource).get(key);
      if (shown && revisionOf(shown) <= after) continue;
      story.gaps.push({ after, until: shown ? revisionOf(shown) : until });
      if (!shown) story.ends.add(until);
    }
  }

  finish(): void {
    for (const [resource, stories] of this.stories) {
      const complete = this.cell.follows(resource);
      for (const [key, story] of stories) {
        const failure = this.judge(story, complete);
        if (failure) this.report(this.nowMs, `${resource} ${key}: no order of events explains this: ${failure}`);
      }
    }
  }

  private judge(story: Story, complete: boolean): string | undefined {
    const steps = stepsOf(story);
    const overwritten = lostUpdate(steps, story);
    if (overwritten) return overwritten;
    if (!complete) return unexplained(steps, story.facts.filter(isOfVersions), 'unknown');
    const first = story.born !== undefined && story.born === steps[0]?.revision ? 'absent' : 'unknown';
    if (this.ended) return unexplained(steps, story.facts, first);
    const later: Step = { revision: Number.POSITIVE_INFINITY, state: 'unknown' };
    const atMs = this.nowMs - LAG_MS;
    const unseen: Fact = {
      type: 'made',
      revision: later.revision,
      fromMs: atMs,
      toMs: Number.POSITIVE_INFINITY,
    };
    return unexplained([...steps, later], [...story.facts, unseen], first);
  }

  private answered(asked: Asked, answer: Answered): void {
    if (asked.verb === 'list') this.listed(asked, answer);
    else if (isDone(answer)) this.done(asked, answer);
    else this.failed(asked, answer);
  }

  /** A list shows at least what had been acknowledged when it was asked for. */
  private listed(asked: Asked, answer: Answered): void {
    const floor = this.floors.get(asked.call);
    this.floors.delete(asked.call);
    const revision = revisionOf(answer.object);
    if (!floor || !isDone(answer) || revision >= floor.revision) return;
    const what = `a list of ${asked.target.resource} by ${asked.client} (call ${asked.call}, asked at ${asked.atMs} ms) shows revision ${revision}`;
    this.report(answer.atMs, `${what}, though call ${floor.call} had already been answered with ${floor.revision}`);
  }

  private done(asked: Asked, answer: Answered): void {
    const { object } = answer;
    const named = text(object, 'metadata', 'name') !== '' && text(object, 'kind') !== 'Status';
    const key = named ? keyOf(object) : targetKey(asked.target);
    const story = this.storyOf(asked.target.resource, key);
    const interval = { fromMs: asked.atMs, toMs: answer.atMs };
    const revision = revisionOf(object);
    const what = `${described(asked, answer)} with ${revision ? `revision ${revision}` : 'success'}`;
    if (asked.verb === 'delete') {
      if (asked.target.name) story.facts.push({ type: 'deleted', ...interval, what });
      return;
    }
    // Scales and evictions are answered with objects of other kinds.
    if (!object || revision === 0 || asked.verb === 'scale' || asked.verb === 'evict') return;
    addVersion(story, object);
    const base = Number(asked.resourceVersion || 0);
    const type = asked.verb === 'create' || (base > 0 && base !== revision) ? 'made' : 'read';
    if (asked.verb === 'create') this.wrote(story, revision, 0, what);
    else if (type === 'made') this.wrote(story, revision, base, what);
    story.facts.push({ type, revision, ...interval, what });
    const newest = this.newest.get(asked.target.resource);
    if (!newest || newest.revision < revision) this.newest.set(asked.target.resource, { revision, call: asked.call });
  }

  private wrote(story: Story, revision: number, base: number, what: string): void {
    if (story.bases.has(revision))
      this.report(this.nowMs, `two calls are said to have written revision ${revision}: ${what}`);
    story.bases.set(revision, base);
  }

  private failed(asked: Asked, answer: Answered): void {
    const reason = text(answer.object, 'reason');
    const { name } = asked.target;
    if (!name) return;
    const story = this.storyOf(asked.target.resource, targetKey(asked.target));
    const interval = { fromMs: asked.atMs, toMs: answer.atMs, what: `${described(asked, answer)} with ${reason}` };
    const base = Number(asked.resourceVersion || 0);
    if (reason === 'NotFound' && asked.verb !== 'create') story.facts.push({ type: 'absent', ...interval });
    else if (reason === 'AlreadyExists') story.facts.push({ type: 'present', ...interval });
    else if (reason === 'Conflict' && base > 0 && asked.verb === 'update' && story.versions.has(base))
      story.facts.push({ type: 'refused', revision: base, ...interval });
  }

  private storyOf(resource: string, key: string): Story {
    const stories = entryOf(this.stories, resource, () => new Map<string, Story>());
    return entryOf(stories, key, () => ({
      versions: new Map(),
      ends: new Set(),
      facts: [],
      bases: new Map(),
      gaps: [],
    }));
  }
}

const described = ({ call, client, verb, atMs }: Asked, answer: Answered): string =>
  `call ${call} of ${client} (${verb}, asked at ${atMs} ms) was answered at ${answer.atMs} ms`;

const isOfVersions = ({ type }: Fact): boolean => type === 'seen' || type === 'made' || type === 'read';

function addVersion(story: Story, object: SeenObject): void {
  const revision = revisionOf(object);
  if (!story.versions.has(revision))
    story.versions.set(revision, { revision, uid: uidOf(object), leaving: isDeleting(object) });
}

/** All that was seen, and where something may not have been, by revision. Of two versions with different uids the first has ended before the second began. */
function stepsOf({ versions, ends, gaps }: Story): Step[] {
  const sorted = [...versions.values()].sort((a, b) => a.revision - b.revision);
  const gone = [...ends]
    .filter((revision) => !versions.has(revision))
    .map((revision): Step => ({ revision, state: 'absent' }));
  const steps = sorted.flatMap(({ revision, leaving, uid }, index): Step[] => {
    const step: Step = { revision, state: 'present', ...(leaving && { leaving }) };
    const before = sorted[index - 1];
    if (!before || before.uid === uid) return [step];
    const told = gone.some((end) => end.revision > before.revision && end.revision < revision);
    return told ? [step] : [{ revision: revision - 0.5, state: 'absent' }, step];
  });
  const known = [...steps, ...gone].sort((a, b) => a.revision - b.revision);
  return [...known, ...unseen(known, gaps)].sort((a, b) => a.revision - b.revision);
}

/** After the beginning of each gap, and after each step within, there may have been others. */
function unseen(known: readonly Step[], gaps: Story['gaps']): Step[] {
  const after = gaps.flatMap((gap) => {
    const within = known.filter(({ revision }) => revision > gap.after && revision < gap.until);
    return [gap.after, ...within.map(({ revision }) => revision)];
  });
  return [...new Set(after)].map((revision) => ({ revision: revision + 0.25, state: 'unknown' }));
}

/** A write that held for one version only must follow it at once; a creation follows nothing. */
function lostUpdate(steps: readonly Step[], { bases }: Story): string | undefined {
  let known: Step | undefined;
  for (const [index, step] of steps.entries()) {
    const [base, before] = [bases.get(step.revision), known];
    if (step.state !== 'unknown') known = step;
    if (base === undefined) continue;
    const last = steps[index - 1];
    if (base === 0 && last?.state === 'present')
      return `revision ${step.revision} was created, though revision ${last.revision} was there`;
    if (base > 0 && before && before.revision > base)
      return `revision ${step.revision} was to replace ${base} only, and replaced ${before.revision}`;
  }
  return undefined;
}
