/**
 * Linearizability of one object, in the manner of Elle and Knossos: is there an order of events that explains what everybody was
 * told? Each version carries the revision of its write, so that the order of all writes is known; what is left of the search of
 * Wing and Gong is when each of them happened. Every answer bounds these times, and the history is linearizable when times can be found
 * that grow with the revisions and keep to all bounds. Times that are equal may be taken in any order.
 */

/** Something that made a new state of the object. The states follow one another by `revision`. */
export interface Step {
  readonly revision: number;
  /** What it left: a version, none, or nobody knows. */
  readonly state: 'present' | 'absent' | 'unknown';
  /** The version is on its way out. */
  readonly leaving?: boolean;
}

export type Fact = {
  readonly fromMs: number;
  readonly toMs: number;
  /** For people; needless where the fact speaks for itself. */
  readonly what?: string;
} & (
  | /** The step had happened by `toMs`. */ { readonly type: 'seen'; readonly revision: number }
  /** The step happened within the time. */
  | { readonly type: 'made'; readonly revision: number }
  /** The version was the newest at some moment of the time. */
  | { readonly type: 'read'; readonly revision: number }
  | { readonly type: 'absent' }
  | { readonly type: 'present' }
  /** At some moment another version than this was the newest. */
  | { readonly type: 'refused'; readonly revision: number }
  /** It was there at some moment, and by the end of the time on its way out, or gone. */
  | { readonly type: 'deleted' }
);

interface Bound {
  readonly step: number;
  readonly side: 'after' | 'before';
  readonly atMs: number;
}

/** How often an answer that can be explained in several ways is tried in another; beyond, it is taken as explained. */
const MAX_TRIES = 2_000;

/**
 * Undefined when the facts can be explained, else what cannot be. The steps are in order of revision, `first` is the state before
 * them.
 */
export function unexplained(
  steps: readonly Step[],
  facts: readonly Fact[],
  first: Step['state'] = 'absent',
): string | undefined {
  const states: Step[] = [{ revision: Number.NEGATIVE_INFINITY, state: first }, ...steps];
  const place = new Map(states.map(({ revision }, index) => [revision, index]));
  const times = new Times(states.length, steps);
  const open: { readonly fact: Fact; readonly ways: readonly (readonly Bound[])[] }[] = [];
  for (const fact of facts) {
    const ways = waysOf(fact, states, place);
    if (ways.length === 1) times.bind(ways[0]!, fact);
    else open.push({ fact, ways });
  }
  return times.settle() ?? choose(times, open, { left: MAX_TRIES });
}

function choose(
  times: Times,
  open: readonly { readonly fact: Fact; readonly ways: readonly (readonly Bound[])[] }[],
  tries: { left: number },
): string | undefined {
  const undecided: { readonly fact: Fact; readonly ways: readonly (readonly Bound[])[] }[] = [];
  let decided = false;
  for (const { fact, ways } of open) {
    const possible = ways.filter((way) => times.allows(way));
    if (possible.length === 0) return `${told(fact)}, which was never so at that time`;
    if (possible.some((way) => times.implies(way))) continue;
    if (possible.length > 1) undecided.push({ fact, ways: possible });
    else {
      times.bind(possible[0]!, fact);
      times.settle();
      decided = true;
    }
  }
  if (decided) return choose(times, undecided, tries);
  const [next, ...rest] = undecided;
  if (!next) return undefined;
  let failure: string | undefined;
  for (const way of next.ways) {
    tries.left -= 1;
    if (tries.left <= 0) return undefined;
    const guess = times.copy();
    guess.bind(way, next.fact);
    guess.settle();
    failure = choose(guess, rest, tries);
    if (failure === undefined) return undefined;
  }
  return failure;
}

/** The ways in which a fact can be true, each as bounds that must all hold. State `i` begins with step `i` and ends with the next. */
function waysOf(fact: Fact, states: readonly Step[], place: ReadonlyMap<number, number>): (readonly Bound[])[] {
  const { fromMs, toMs } = fact;
  const during = (begin: number, end: number): readonly Bound[] => [
    { step: begin, side: 'before', atMs: toMs },
    { step: end, side: 'after', atMs: fromMs },
  ];
  const at = 'revision' in fact ? place.get(fact.revision)! : 0;
  switch (fact.type) {
    case 'seen':
      return [[{ step: at, side: 'before', atMs: toMs }]];
    case 'made':
      return [during(at, at)];
    case 'read':
      return [during(at, at + 1)];
    case 'refused':
      return [
        [{ step: at, side: 'after', atMs: fromMs }],
        ...(at + 1 < states.length ? [[{ step: at + 1, side: 'before', atMs: toMs } as const]] : []),
      ];
    case 'absent':
    case 'present':
      return spans(states, ({ state }) => state === fact.type || state === 'unknown').map(([a, b]) => during(a, b));
    case 'deleted':
      return spans(states, ({ state }) => state !== 'absent').flatMap(([begin, end]) =>
        departure(states, begin, end, fact),
      );
  }
}

/** Within one life of the object: there before its end, and marked by the end of the time. */
function departure(states: readonly Step[], begin: number, end: number, { fromMs, toMs }: Fact): (readonly Bound[])[] {
  let marked = begin;
  while (marked < end && !states[marked]!.leaving && states[marked]!.state !== 'unknown') marked += 1;
  if (marked >= states.length) return [];
  return [
    [
      { step: marked, side: 'before', atMs: toMs },
      { step: begin, side: 'before', atMs: toMs },
      { step: end, side: 'after', atMs: fromMs },
    ],
  ];
}

/** Stretches of neighbouring states, as first and one past the last. */
function spans(states: readonly Step[], is: (state: Step) => boolean): [number, number][] {
  const found: [number, number][] = [];
  for (const [index, state] of states.entries()) {
    if (!is(state)) continue;
    const last = found.at(-1);
    if (last?.[1] === index) last[1] = index + 1;
    else found.push([index, index + 1]);
  }
  return found;
}

function told(fact: Fact | undefined): string {
  if (!fact) return 'nothing is known';
  if (fact.what !== undefined) return fact.what;
  const of = 'revision' in fact ? `revision ${fact.revision}` : 'it';
  return `${of} was ${fact.type} by ${fact.toMs} ms`;
}

/** Owns: from when to when each step may have happened, and which fact said so. */
class Times {
  private after: Float64Array;
  private before: Float64Array;
  private whyAfter: (Fact | undefined)[];
  private whyBefore: (Fact | undefined)[];
  private readonly steps: readonly Step[];

  constructor(length: number, steps: readonly Step[]) {
    this.steps = steps;
    this.after = new Float64Array(length).fill(Number.NEGATIVE_INFINITY);
    this.before = new Float64Array(length).fill(Number.POSITIVE_INFINITY);
    this.before[0] = Number.NEGATIVE_INFINITY;
    this.whyAfter = new Array<Fact | undefined>(length);
    this.whyBefore = new Array<Fact | undefined>(length);
  }

  copy(): Times {
    const same = new Times(0, this.steps);
    same.after = this.after.slice();
    same.before = this.before.slice();
    same.whyAfter = [...this.whyAfter];
    same.whyBefore = [...this.whyBefore];
    return same;
  }

  bind(bounds: readonly Bound[], fact: Fact): void {
    for (const { step, side, atMs } of bounds) {
      if (side === 'after' && step < this.after.length && atMs > this.after[step]!) {
        this.after[step] = atMs;
        this.whyAfter[step] = fact;
      } else if (side === 'before' && atMs < this.before[step]!) {
        this.before[step] = atMs;
        this.whyBefore[step] = fact;
      }
    }
  }

  /** What holds of a step holds of those after it, or before it. A sentence when two facts cannot both be. */
  settle(): string | undefined {
    const { after, before, whyAfter, whyBefore } = this;
    for (let i = 1; i < after.length; i += 1) {
      if (after[i - 1]! <= after[i]!) continue;
      after[i] = after[i - 1]!;
      whyAfter[i] = whyAfter[i - 1];
    }
    for (let i = before.length - 2; i >= 1; i -= 1) {
      if (before[i + 1]! >= before[i]!) continue;
      before[i] = before[i + 1]!;
      whyBefore[i] = whyBefore[i + 1];
    }
    const broken = after.findIndex((atMs, index) => index > 0 && atMs > before[index]!);
    if (broken < 0) return undefined;
    return `${told(whyBefore[broken])}; yet ${told(whyAfter[broken])} (revision ${this.steps[broken - 1]?.revision})`;
  }

  allows(bounds: readonly Bound[]): boolean {
    return bounds.every(({ step, side, atMs }) => {
      if (step >= this.after.length) return true;
      return side === 'after' ? this.before[step]! >= atMs : this.after[step]! <= atMs;
    });
  }

  implies(bounds: readonly Bound[]): boolean {
    return bounds.every(({ step, side, atMs }) => {
      if (step >= this.after.length) return true;
      return side === 'after' ? this.after[step]! >= atMs : this.before[step]! <= atMs;
    });
  }
}
