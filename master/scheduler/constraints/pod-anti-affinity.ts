import type { PodAffinityTerm } from '../../../api/core/affinity.ts';
import type { DomainRule } from '../domain-rules.ts';
import { selectorOfTerms } from '../pod-terms.ts';
import type { Constraint, PodFacts } from './constraint.ts';

const requiredTerms = ({ spec }: PodFacts): readonly PodAffinityTerm[] =>
  spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];

/** Where no pod that a required term means may be (Kubernetes docs, "Assigning Pods to Nodes", inter-pod anti-affinity). */
export const podAntiAffinity: Constraint = {
  name: 'InterPodAntiAffinity',
  bearing(pod) {
    const terms = requiredTerms(pod);
    if (terms.length === 0) return undefined;
    return terms.map((term) => `${term.topologyKey}:${selectorOfTerms([term], pod).key}`).join(' ');
  },
  compile(pod, { populations }) {
    const terms = requiredTerms(pod);
    if (terms.length === 0) return undefined;
    const selected = terms.map((term) => ({ term, selector: selectorOfTerms([term], pod) }));
    const release = () => {
      for (const { selector } of selected) populations.release(selector);
    };
    const refusal = "node(s) didn't match pod anti-affinity rules";
    const domains = selected.map(({ term: { topologyKey }, selector }): DomainRule => {
      return { type: 'repel', topologyKey, population: populations.select(selector), refusal };
    });
    return { domains, release };
  },
};
