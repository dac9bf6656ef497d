import type { ResourceDefinition } from '../../api/meta/definition.ts';
import type { RawApi } from '../raw-api.ts';
import { Gun } from './fire.ts';
import { complaint } from './judge.ts';
import { collectionOf, pathOf } from './paths.ts';
import { type Script, scriptOf } from './script.ts';
import { type Shot, shown } from './shot.ts';

/** A master under attack. */
export interface Target {
  readonly api: RawApi;
  /** What has gone wrong with the whole of it since it was started; undefined where nothing has. */
  trouble(): string | undefined;
  /** What the master's log has under the id of an unforeseen fault. */
  logged(id: string): string;
  stop(): Promise<void>;
}

export interface Finding {
  readonly seed: number;
  readonly complaint: string;
  /** The fewest requests that were found to do it. */
  readonly shots: readonly string[];
}

export interface Outcome {
  readonly findings: readonly Finding[];
  readonly scripts: number;
  readonly requests: number;
  /** How often each code was answered. */
  readonly codes: ReadonlyMap<number, number>;
  readonly slowest: { readonly ms: number; readonly shot: string };
}

export interface Plan {
  readonly resources: readonly ResourceDefinition[];
  readonly firstSeed: number;
  readonly seconds: number;
  /** Default: as many as there is time for. */
  readonly scripts?: number;
  readonly say?: (line: string) => void;
}

const MAX_FINDINGS = 20;
const SWEEP_EVERY = 100;
const MAX_REPLAYS = 60;

/** Sends script after script, and makes those smaller that find something. Faults that read alike are told once. */
export async function attack(target: Target, plan: Plan): Promise<Outcome> {
  const { resources, firstSeed, seconds, scripts = Number.POSITIVE_INFINITY, say = () => {} } = plan;
  const range = new Range(target, resources);
  const findings = new Map<string, Finding>();
  const until = performance.now() + seconds * 1_000;
  let count = 0;
  try {
    for (; count < scripts && performance.now() < until && findings.size < MAX_FINDINGS; count += 1) {
      const seed = firstSeed + count;
      const found = await range.run(scriptOf(seed, resources));
      const broken = target.trouble();
      if (broken) findings.set(broken, { seed, complaint: broken, shots: scriptOf(seed, resources).shots.map(shown) });
      if (broken) break;
      if (found && !findings.has(kindOf(found))) {
        const finding = withLog(target, await shrink(range, seed, resources, found));
        findings.set(kindOf(found), finding);
        say(`seed ${seed}: ${finding.complaint}\n  ${finding.shots.join('\n  ')}`);
      }
      if (count % SWEEP_EVERY === SWEEP_EVERY - 1) await range.sweep();
    }
  } finally {
    range.close();
  }
  const { requests, codes, slowest } = range;
  return { findings: [...findings.values()], scripts: count, requests, codes, slowest };
}

function withLog(target: Target, finding: Finding): Finding {
  const id = /the log of the master has it as (\S+)/.exec(finding.complaint)?.[1];
  return id ? { ...finding, complaint: `${finding.complaint}\n${target.logged(id)}` } : finding;
}

/** What two findings have in common: the words, without names, numbers and what was quoted. */
const kindOf = (text: string): string => text.replace(/"[^"]*"|[0-9a-f-]{36}|\d+/g, '_').slice(0, 160);

/** Owns: the connections, and what was counted. */
class Range {
  readonly #gun: Gun;
  readonly #resources: readonly ResourceDefinition[];
  readonly codes = new Map<number, number>();
  requests = 0;
  slowest = { ms: 0, shot: '' };

  constructor(target: Target, resources: readonly ResourceDefinition[]) {
    this.#gun = new Gun(target.api);
    this.#resources = resources;
  }

  /** The first complaint. The script's object is gone afterwards. */
  async run({ shots, resource, name }: Pick<Script, 'shots' | 'resource' | 'name'>): Promise<string | undefined> {
    let found: string | undefined;
    for (const shot of shots) {
      found ??= complaint(shot, await this.#fire(shot));
      if (found) break;
    }
    await this.#remove(resource, name);
    return found;
  }

  /** Removes what scripts have left under other names than theirs. */
  async sweep(): Promise<void> {
    for (const resource of this.#resources) {
      if (resource.plural === 'namespaces' || resource.stored === false) continue;
      await this.#fire({ method: 'DELETE', path: `${collectionOf(resource)}?gracePeriodSeconds=0`, headers: {} });
    }
  }

  close(): void {
    this.#gun.close();
  }

  async #remove(resource: ResourceDefinition, name: string): Promise<void> {
    if (resource.stored === false) return;
    const path = pathOf(resource, name);
    await this.#fire({ method: 'DELETE', path: `${path}?gracePeriodSeconds=0`, headers: {} });
    const left = await this.#fire({ method: 'GET', path, headers: {} });
    if (left.code !== 200) return;
    const body = Buffer.from('{"metadata":{"finalizers":null}}');
    await this.#fire({ method: 'PATCH', path, headers: { 'content-type': 'application/merge-patch+json' }, body });
  }

  async #fire(shot: Shot) {
    const shell = await this.#gun.fire(shot);
    this.requests += 1;
    this.codes.set(shell.code, (this.codes.get(shell.code) ?? 0) + 1);
    if (shell.ms > this.slowest.ms) this.slowest = { ms: shell.ms, shot: shown(shot) };
    return shell;
  }
}

/** Leaves out requests, then mutations, one at a time, as long as the same is found. */
async function shrink(
  range: Range,
  seed: number,
  resources: readonly ResourceDefinition[],
  found: string,
): Promise<Finding> {
  const whole = scriptOf(seed, resources);
  const [shots, mutations] = [new Set<number>(), new Set<number>()];
  const script = () => {
    const made = scriptOf(seed, resources, mutations);
    return { ...made, shots: made.shots.filter((_, index) => !shots.has(index)) };
  };
  let replays = 0;
  const without = async (left: Set<number>, index: number) => {
    if (replays++ >= MAX_REPLAYS) return;
    left.add(index);
    const again = await range.run(script());
    if (again === undefined || kindOf(again) !== kindOf(found)) left.delete(index);
  };
  for (let index = whole.shots.length - 1; index >= 0; index -= 1) await without(shots, index);
  for (let index = whole.mutations - 1; index >= 0; index -= 1) await without(mutations, index);
  const again = await range.run(script());
  const note = again === undefined ? ' (not when sent again)' : '';
  return { seed, complaint: `${again ?? found}${note}`, shots: script().shots.map(shown) };
}
