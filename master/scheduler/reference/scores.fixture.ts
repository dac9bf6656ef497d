import type { Node } from '../../../api/core/node.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { feasibleNodes } from './feasible.fixture.ts';
import { fitPoints } from './fit.fixture.ts';
import { discouragingTaints, matchesTerm } from './node-terms.fixture.ts';
import { countsByDomain, spreadRules } from './spread.fixture.ts';
import { means, preferredTerms, requiredAffinity } from './terms.fixture.ts';
import { domainOf, isSameDomain, nameOf, nodeOf, type ReferenceWorld, residents, specOf } from './world.fixture.ts';

/** docs/SCHEDULING.md, "Which of them". */

/** The score of every feasible node, by name. (Crashes are not looked at: nothing is avoided.) */
export function referenceScores(world: ReferenceWorld, pod: Pod): Map<string, number> {
  const feasible = feasibleNodes(world, pod);
  const affinity = podAffinityPoints(world, pod, feasible);
  const spread = spreadPoints(world, pod, feasible);
  const scoreOf = (node: Node, index: number) =>
    fitPoints(world, pod, node) +
    2 * nodeAffinityPoints(pod, node) +
    3 * taintPoints(pod, node) +
    imagePoints(pod, node) +
    packagePoints(pod, node) +
    2 * spread[index]! +
    2 * affinity[index]!;
  return new Map(feasible.map((node, index) => [nameOf(node), scoreOf(node, index)]));
}

function nodeAffinityPoints(pod: Pod, node: Node): number {
  const preferred = specOf(pod).affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const matched = preferred.filter(({ preference }) => matchesTerm(preference, node));
  const total = sum(preferred.map(({ weight }) => weight));
  return total === 0 ? 0 : (100 * sum(matched.map(({ weight }) => weight))) / total;
}

const taintPoints = (pod: Pod, node: Node): number => 100 / (1 + discouragingTaints(pod, node).length);

function imagePoints(pod: Pod, node: Node): number {
  const { initContainers = [], containers } = specOf(pod);
  return localityPoints(
    node,
    [...initContainers, ...containers].map(({ image = '' }) => image),
  );
}

const packagePoints = (pod: Pod, node: Node): number =>
  localityPoints(
    node,
    (specOf(pod).volumes ?? []).flatMap(({ image }) => image?.reference ?? []),
  );

const MB = 1024 * 1024;

function localityPoints(node: Node, wanted: readonly string[]): number {
  if (wanted.length === 0) return 0;
  const bytes = sum(wanted.map((image) => bytesOn(node, image)));
  const share = (bytes - 23 * MB) / (1000 * MB * wanted.length - 23 * MB);
  return 100 * Math.min(1, Math.max(0, share));
}

/** An image that is fetched in no time (up to 23 MB) counts for nothing. */
function bytesOn(node: Node, image: string): number {
  const isIt = (name: string) => fullName(name) === fullName(image);
  const bytes = node.status?.images?.find(({ names = [] }) => names.some(isIt))?.sizeBytes ?? 0;
  return bytes > 23 * MB ? bytes : 0;
}

/** `busybox` and `docker.io/library/busybox:latest` are one image. */
function fullName(image: string): string {
  const tagged = /:[^/]+$/.test(image) ? image : `${image}:latest`;
  if (!tagged.includes('/')) return `docker.io/library/${tagged}`;
  return /^(localhost|[^/]*[.:][^/]*)\//.test(tagged) ? tagged : `docker.io/${tagged}`;
}

function podAffinityPoints(world: ReferenceWorld, pod: Pod, feasible: readonly Node[]): number[] {
  const raw = feasible.map((node) => sum(residents(world).map((other) => attraction(world, pod, node, other))));
  const [least, most] = [Math.min(...raw), Math.max(...raw)];
  return raw.map((value) => (most === least ? 0 : (100 * (value - least)) / (most - least)));
}

/** What a pod that is there makes the node worth, by what the two of them prefer. */
function attraction(world: ReferenceWorld, pod: Pod, node: Node, other: Pod): number {
  const there = nodeOf(world, other);
  const own = preferredTerms(pod).filter(({ podAffinityTerm: term }) => means(world, pod, term, other));
  const theirs = [
    ...preferredTerms(other),
    ...requiredAffinity(other).map((podAffinityTerm) => ({ weight: 1, podAffinityTerm })),
  ].filter(({ podAffinityTerm: term }) => means(world, other, term, pod));
  const shared = [...own, ...theirs].filter(({ podAffinityTerm }) =>
    isSameDomain(podAffinityTerm.topologyKey, node, there),
  );
  return sum(shared.map(({ weight }) => weight));
}

function spreadPoints(world: ReferenceWorld, pod: Pod, feasible: readonly Node[]): number[] {
  const rules = spreadRules(world, pod)
    .filter(({ constraint }) => constraint.whenUnsatisfiable === 'ScheduleAnyway')
    .map(({ constraint, ...rule }) => ({ constraint, counts: countsByDomain(world, pod, { constraint, ...rule }) }));
  if (rules.length === 0) return feasible.map(() => 0);
  const crowding = feasible.map((node) => {
    const domains = rules.map(({ constraint }) => domainOf(node, constraint.topologyKey));
    if (domains.includes(undefined)) return undefined;
    return sum(
      rules.map(
        ({ constraint, counts }, index) =>
          (counts.get(domains[index]!) ?? 0) * Math.log(counts.size + 2) + (constraint.maxSkew - 1),
      ),
    );
  });
  const known = crowding.filter((value) => value !== undefined);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  return crowding.map((value) => {
    if (value === undefined) return 0;
    return most === 0 ? 100 : (100 * (most + least - value)) / most;
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
