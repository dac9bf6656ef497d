import { persistentVolumeClaims } from '../core/persistent-volume-claim.ts';
import { setTemplateDefaults } from '../core/pod-defaults.ts';
import { apiVersionOf } from '../meta/definition.ts';
import type { StatefulSet, StatefulSetSpec } from './stateful-set.ts';

function setStrategyDefaults(spec: StatefulSetSpec): void {
  spec.updateStrategy ??= {};
  const strategy = spec.updateStrategy;
  strategy.type ||= 'RollingUpdate';
  if (strategy.type !== 'RollingUpdate') return;
  strategy.rollingUpdate ??= {};
  strategy.rollingUpdate.partition ??= 0;
}

export function setStatefulSetDefaults(set: StatefulSet): void {
  set.spec ??= { selector: {}, template: {} };
  const { spec } = set;
  spec.podManagementPolicy ||= 'OrderedReady';
  setStrategyDefaults(spec);
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain';
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  setTemplateDefaults(spec.template);
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion = apiVersionOf(persistentVolumeClaims);
    claim.kind = persistentVolumeClaims.kind;
    persistentVolumeClaims.setDefaults(claim);
  }
}
