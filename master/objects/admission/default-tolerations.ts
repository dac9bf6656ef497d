import { type Pod, pods } from '../../../api/core/pod.ts';
import { isSameResource } from '../../../api/meta/definition.ts';
import type { AdmissionRule } from './admission.ts';

/** How long pods stay on a node in trouble, unless they say so themselves. */
export interface TolerationSeconds {
  /** Its agent says that it is not ready: containers may well run. */
  readonly notReady: number;
  /** Nobody hears of it. */
  readonly unreachable: number;
}

/**
 * Kubernetes waits 300 s for either. A node out of reach is here given up as Borg does it (Verma et al., "Large-scale cluster management at
 * Google with Borg", 3.3): its tasks are placed elsewhere as soon as it counts as lost; two seconds more let one come back that was
 * taken for lost by mistake.
 */
export const DEFAULT_TOLERATION_SECONDS: TolerationSeconds = { notReady: 300, unreachable: 2 };

/** Kubernetes docs, "Taints and Tolerations", taint based evictions. */
export function defaultTolerations(seconds: TolerationSeconds): AdmissionRule {
  const trouble = [
    { key: 'node.kubernetes.io/not-ready', tolerationSeconds: seconds.notReady },
    { key: 'node.kubernetes.io/unreachable', tolerationSeconds: seconds.unreachable },
  ];
  return {
    name: 'DefaultTolerationSeconds',
    admit({ operation, resource, object }) {
      if (operation !== 'create' || !isSameResource(resource, pods)) return undefined;
      const spec = (object as Pod).spec;
      if (!spec) return undefined;
      const present = spec.tolerations ?? [];
      const missing = trouble.filter(
        ({ key }) => !present.some((t) => (t.key === key || !t.key) && (t.effect === 'NoExecute' || !t.effect)),
      );
      if (missing.length > 0) {
        spec.tolerations = [
          ...present,
          ...missing.map(({ key, tolerationSeconds }) => ({
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
