import { setTemplateDefaults } from '../core/pod-defaults.ts';
import type { Deployment } from './deployment.ts';

const ONE_QUARTER = '25%';

export function setDeploymentDefaults(deployment: Deployment): void {
  deployment.spec ??= { selector: {}, template: {} };
  const { spec } = deployment;
  spec.replicas ??= 1;
  spec.strategy ??= {};
  spec.strategy.type ||= 'RollingUpdate';
  if (spec.strategy.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate ??= {};
    spec.strategy.rollingUpdate.maxUnavailable ??= ONE_QUARTER;
    spec.strategy.rollingUpdate.maxSurge ??= ONE_QUARTER;
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  setTemplateDefaults(spec.template);
}
