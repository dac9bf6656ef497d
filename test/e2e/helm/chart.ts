import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TEST_IMAGE } from '../../docker.ts';
import { IDLE } from '../kubectl/manifests.ts';

/** A chart with everything that makes Helm ask the API for something; `group` is that of a kind of its own. */
export async function writeChart(directory: string, group: string): Promise<void> {
  for (const [path, text] of Object.entries(files(group))) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
}

const container = (script: string, indent: string) =>
  [
    '- name: main',
    `  image: ${TEST_IMAGE}`,
    `  command: ['/bin/sh', '-c', '${script}']`,
    '  resources: { requests: { cpu: 5m, memory: 4Mi }, limits: { memory: 64Mi } }',
  ]
    .map((line) => `${indent}${line}`)
    .join('\n');

/** A Job that runs at a turn of the release's life. */
const hookJob = (hook: string, script: string) => `apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-${hook}
  annotations:
    helm.sh/hook: ${hook}
    helm.sh/hook-weight: "5"
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 1
      containers:
${container(script, '        ')}
`;

const files = (group: string): Record<string, string> => ({
  'Chart.yaml': 'apiVersion: v2\nname: pier\nversion: 1.2.3\nappVersion: "7"\ndescription: A pier.\n',
  'values.yaml': 'replicas: 1\ngreeting: hello\ncrew: 2\nbreakIt: false\n',
  'crds/boats.yaml': `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: boats.${group}
spec:
  group: ${group}
  scope: Namespaced
  names: { plural: boats, singular: boat, kind: Boat }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: { type: object, properties: { crew: { type: integer } } }
`,
  'templates/_names.tpl':
    '{{- define "pier.labels" -}}\napp: {{ .Release.Name }}\nchart: {{ .Chart.Name }}\n{{- end -}}\n',
  'templates/boat.yaml': `apiVersion: ${group}/v1
kind: Boat
metadata:
  name: {{ .Release.Name }}
spec: { crew: {{ .Values.crew }} }
`,
  'templates/config.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  labels: {{- include "pier.labels" . | nindent 4 }}
data:
  greeting: {{ .Values.greeting | quote }}
  revision: {{ .Release.Revision | quote }}
  minor: {{ .Capabilities.KubeVersion.Minor | quote }}
  hasApps: {{ .Capabilities.APIVersions.Has "apps/v1/Deployment" | quote }}
  seenBefore: {{ (lookup "v1" "ConfigMap" .Release.Namespace .Release.Name).data | default dict | dig "greeting" "nothing" | quote }}
`,
  'templates/access.yaml': `apiVersion: v1
kind: ServiceAccount
metadata: { name: {{ .Release.Name }} }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: {{ .Release.Name }} }
rules: [{ apiGroups: [""], resources: [configmaps], verbs: [get, list] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: {{ .Release.Name }} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ .Release.Name }} }
subjects: [{ kind: ServiceAccount, name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }} }]
`,
  'templates/web.yaml': `apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  clusterIP: None
  selector: { app: {{ .Release.Name }} }
  ports: [{ name: http, port: 80, targetPort: 8080 }]
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {{- include "pier.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  progressDeadlineSeconds: 600
  selector: { matchLabels: { app: {{ .Release.Name }} } }
  template:
    metadata:
      labels: {{- include "pier.labels" . | nindent 8 }}
      annotations: { greeting: {{ .Values.greeting | quote }} }
    spec:
      serviceAccountName: {{ .Release.Name }}
      terminationGracePeriodSeconds: 1
      {{- if .Values.breakIt }}
      nodeSelector: { no: such-node }
      {{- end }}
      containers:
${container(IDLE, '        ')}
`,
  'templates/hooks/pre-install.yaml': hookJob('pre-install', 'sleep 1; echo before'),
  'templates/hooks/post-install.yaml': hookJob('post-install', 'echo after'),
  'templates/hooks/pre-upgrade.yaml': hookJob('pre-upgrade', 'echo again'),
  'templates/hooks/pre-rollback.yaml': hookJob('pre-rollback', 'echo back'),
  'templates/hooks/pre-delete.yaml': hookJob('pre-delete', 'echo farewell'),
  'templates/tests/greets.yaml': `apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-greets
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 1
  containers:
    - name: main
      image: ${TEST_IMAGE}
      command: ['/bin/sh', '-c', 'echo it says $GREETING; test "$GREETING" != rude']
      env: [{ name: GREETING, valueFrom: { configMapKeyRef: { name: {{ .Release.Name }}, key: greeting } } }]
`,
  'templates/NOTES.txt': 'The pier says {{ .Values.greeting }}.\n',
});
