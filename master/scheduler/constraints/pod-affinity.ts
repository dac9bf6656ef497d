import type { PodAffinityTerm } from '../../../api/core/affinity.ts';
import type { DomainRule } from '../domain-rules.ts';
import { selectorOfTerms } from '../pod-terms.ts';
import type { Constraint, PodFacts } from './constraint.ts';

const requiredTerms = ({ spec }: PodFacts): readonly PodAffinityTerm[] =>
  spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];

/**
 * Where pods that the required terms mean must be already (Kubernetes docs, "Assigning Pods to Nodes", inter-pod affinity). A pod
 * counts when it matches all terms; the first of its kind is let in where there is none and it matches its own terms.
 */
export const podAffinity: Constraint = {
  name: 'InterPodAffinity',
  bearing(pod, { populations }) {
    const terms = requiredTerms(pod);
    if (terms.length === 0) return undefined;
    const selector = selectorOfTerms(terms, pod);
    const self = populations.selects(selector, pod.footprint);
    return `${selector.key} ${self} ${terms.map(({ topologyKey }) => topologyKey).join(' ')}`;
  },
  compile(pod, { populations }) {
    const terms = requiredTerms(pod);
    if (terms.length === 0) return undefined;
    const selector = selectorOfTerms(terms, pod);
    const population = populations.select(selector);
    const self = populations.selects(selector, pod.footprint);
    const refusal = "node(s) didn't match pod affinity rules";
    const domains = terms.map(
      ({ topologyKey }): DomainRule => ({ type: 'attract', topologyKey, population, self, refusal }),
    );
    return { domains, release: () => populations.release(selector) };
  },
};
