import { type Pod, pods } from '../../../api/core/pod.ts';
import { isSameResource } from '../../../api/meta/definition.ts';
import type { AdmissionRule } from './admission.ts';

/** How long pods stay on a node that is not ready or out of reach, unless they say so themselves (Kubernetes' default). */
export const DEFAULT_TOLERATION_SECONDS = 300;

const NODE_TROUBLE = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** Kubernetes docs, "Taints and Tolerations", taint based evictions. */
export function defaultTolerations(tolerationSeconds: number): AdmissionRule {
  return {
    name: 'DefaultTolerationSeconds',
    admit({ operation, resource, object }) {
      if (operation !== 'create' || !isSameResource(resource, pods)) return undefined;
      const spec = (object as Pod).spec;
      if (!spec) return undefined;
      const present = spec.tolerations ?? [];
      const missing = NODE_TROUBLE.filter(
        (key) => !present.some((t) => (t.key === key || !t.key) && (t.effect === 'NoExecute' || !t.effect)),
      );
      if (missing.length > 0) {
        spec.tolerations = [
          ...present,
          ...missing.map((key) => ({
            key,
            operator: 'Exists' as const,
            effect: 'NoExecute' as const,
            tolerationSeconds,
          })),
        ];
      }
      return undefined;
    },
  };
}
