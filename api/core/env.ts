import { atomicMap, boolean, optional, quantity, type Static, string, struct } from '../meta/schema.ts';

/** Environment of a container and where its values come from. */

export const ObjectFieldSelectorSchema = atomicMap(
  struct('io.k8s.api.core.v1.ObjectFieldSelector', 'Picks one field of the pod.', {
    apiVersion: optional(string('Version of the schema the path refers to; default v1.')),
    fieldPath: string('Path of the field, such as `metadata.name`.'),
  }),
);

export const ResourceFieldSelectorSchema = atomicMap(
  struct('io.k8s.api.core.v1.ResourceFieldSelector', 'Picks a request or limit of a container.', {
    containerName: optional(string('Container it is read from; needed in volumes, optional in env.')),
    divisor: optional(quantity('Unit in which the value is given; default 1.')),
    resource: string('What is read, such as `limits.cpu`.'),
  }),
);

const keySelector = (name: string, description: string, what: string) =>
  atomicMap(
    struct(name, description, {
      key: string('Key whose value is taken.'),
      name: optional(string(`Name of the ${what}.`)),
      optional: optional(boolean(`Whether the ${what} or its key may be missing.`)),
    }),
  );

export const ConfigMapKeySelectorSchema = keySelector(
  'io.k8s.api.core.v1.ConfigMapKeySelector',
  'Picks one key of a ConfigMap.',
  'ConfigMap',
);
export const SecretKeySelectorSchema = keySelector(
  'io.k8s.api.core.v1.SecretKeySelector',
  'Picks one key of a Secret.',
  'Secret',
);

export const FileKeySelectorSchema = atomicMap(
  struct('io.k8s.api.core.v1.FileKeySelector', 'Picks one variable of an env file in a volume.', {
    key: string('Variable whose value is taken.'),
    optional: optional(boolean('Whether the file or the variable may be missing.')),
    path: string('Path of the file within the volume.'),
    volumeName: string('Volume that holds the file.'),
  }),
);

export const EnvVarSourceSchema = struct(
  'io.k8s.api.core.v1.EnvVarSource',
  'Where the value of a variable comes from; exactly one is set.',
  {
    configMapKeyRef: optional(ConfigMapKeySelectorSchema),
    fieldRef: optional(ObjectFieldSelectorSchema),
    fileKeyRef: optional(FileKeySelectorSchema),
    resourceFieldRef: optional(ResourceFieldSelectorSchema),
    secretKeyRef: optional(SecretKeySelectorSchema),
  },
);
export type EnvVarSource = Static<typeof EnvVarSourceSchema>;

export const EnvVarSchema = struct('io.k8s.api.core.v1.EnvVar', 'One environment variable.', {
  name: string('Name of the variable.'),
  value: optional(string('Value; `$(NAME)` refers to a variable defined before it.')),
  valueFrom: optional(EnvVarSourceSchema),
});
export type EnvVar = Static<typeof EnvVarSchema>;

const envSource = (name: string, description: string, what: string) =>
  struct(name, description, {
    name: optional(string(`Name of the ${what}.`)),
    optional: optional(boolean(`Whether the ${what} may be missing.`)),
  });

export const EnvFromSourceSchema = struct(
  'io.k8s.api.core.v1.EnvFromSource',
  'A ConfigMap or Secret whose keys all become variables.',
  {
    configMapRef: optional(
      envSource('io.k8s.api.core.v1.ConfigMapEnvSource', 'A ConfigMap that fills the environment.', 'ConfigMap'),
    ),
    prefix: optional(string('Put before each key.')),
    secretRef: optional(
      envSource('io.k8s.api.core.v1.SecretEnvSource', 'A Secret that fills the environment.', 'Secret'),
    ),
  },
);
export type EnvFromSource = Static<typeof EnvFromSourceSchema>;
