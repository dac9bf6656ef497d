interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

/** V8's CPU profile, as far as it is read here. */
export interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const REPOSITORY = new URL('../../', import.meta.url).href;

/** Where the time went, in three ways: by function itself, by function with all it calls, and by file with what it calls of others'. */
export function summary(profile: Profile): string[] {
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const frames = new Map(profile.nodes.map((node) => [node.id, frameOf(node)]));
  const [own, whole, files] = [new Tally(), new Tally(), new Tally()];
  for (const [i, leaf] of profile.samples.entries()) {
    const spentUs = profile.timeDeltas[i] ?? 0;
    const stack: Frame[] = [];
    for (let id: number | undefined = leaf; id !== undefined; id = parents.get(id)) stack.push(frames.get(id)!);
    own.add(stack[0]!.place, spentUs);
    for (const place of new Set(stack.filter(({ ours }) => ours).map((frame) => frame.place)))
      whole.add(place, spentUs);
    files.add((stack.find(({ ours }) => ours) ?? stack[0]!).file, spentUs);
  }
  return [
    ...['functions by themselves:', ...own.top(20)],
    ...['our functions with all they call:', ...whole.top(45)],
    ...['our files with what they call of others:', ...files.top(30)],
  ];
}

interface Frame {
  readonly file: string;
  readonly place: string;
  readonly ours: boolean;
}

function frameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): Frame {
  const file = url.replace(REPOSITORY, '') || `(${functionName})`;
  const place = url ? `${functionName || '(anonymous)'} ${file}:${lineNumber + 1}` : `(${functionName})`;
  return { file, place, ours: url.startsWith(REPOSITORY) && !url.includes('/node_modules/') };
}

/** Microseconds by name. Owns its counts. */
class Tally {
  readonly #spent = new Map<string, number>();
  #total = 0;

  add(name: string, us: number): void {
    this.#total += us;
    this.#spent.set(name, (this.#spent.get(name) ?? 0) + us);
  }

  top(count: number): string[] {
    const sorted = [...this.#spent].sort(([, a], [, b]) => b - a).slice(0, count);
    return sorted.map(([name, us]) => `${(us / 1000).toFixed(0).padStart(7)} ms  ${name}`);
  }
}
