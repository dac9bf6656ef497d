import { setTemplateDefaults } from '../core/pod-defaults.ts';
import type { ReplicaSet } from './replica-set.ts';

export function setReplicaSetDefaults(set: ReplicaSet): void {
  set.spec ??= { selector: {} };
  set.spec.replicas ??= 1;
  set.spec.template ??= {};
  setTemplateDefaults(set.spec.template);
}
