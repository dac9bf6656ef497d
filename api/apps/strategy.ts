import { intOrString, oneOf, optional, type Static, struct } from '../meta/schema.ts';

export const RollingUpdateDeploymentSchema = struct(
  'io.k8s.api.apps.v1.RollingUpdateDeployment',
  'How far a rolling update may stray from the desired number.',
  {
    maxSurge: optional(
      intOrString('Most pods above the desired number, count or percentage; default 25%, rounded up.'),
    ),
    maxUnavailable: optional(
      intOrString('Most pods below the desired number, count or percentage; default 25%, rounded down.'),
    ),
  },
);

export const DeploymentStrategySchema = struct(
  'io.k8s.api.apps.v1.DeploymentStrategy',
  'How old pods are replaced by new ones.',
  {
    rollingUpdate: optional(RollingUpdateDeploymentSchema),
    type: optional(
      oneOf('RollingUpdate (default), or Recreate to end all old pods first.', ['Recreate', 'RollingUpdate']),
    ),
  },
);
export type DeploymentStrategy = Static<typeof DeploymentStrategySchema>;
