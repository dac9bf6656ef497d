import { TEST_IMAGE } from '../../docker.ts';
import { IDLE } from '../kubectl/manifests.ts';

/** What Kubernetes' documentation takes as its examples: their kinds, names and settings, with pods that a test machine has room for. */

const container = (name: string, script: string, extra: object = {}) => ({
  name,
  image: TEST_IMAGE,
  command: ['/bin/sh', '-c', script],
  ...extra,
});

const template = (labels: Record<string, string>, containers: object[], spec: object = {}) => ({
  metadata: { labels },
  spec: { terminationGracePeriodSeconds: 1, containers, ...spec },
});

const object = (apiVersion: string, kind: string, name: string, spec: object, metadata: object = {}) => ({
  apiVersion,
  kind,
  metadata: { name, ...metadata },
  spec,
});

const task = (spec: object, script: string, metadata: object = {}) => ({
  ...spec,
  template: { ...metadata, spec: { containers: [container('main', script)], restartPolicy: 'Never' } },
});

/** "Deployments", Creating a Deployment. */
export const nginxDeployment = object(
  'apps/v1',
  'Deployment',
  'nginx-deployment',
  {
    replicas: 3,
    selector: { matchLabels: { app: 'nginx' } },
    template: template({ app: 'nginx' }, [container('nginx', IDLE, { ports: [{ containerPort: 80 }] })]),
  },
  { labels: { app: 'nginx' } },
);

/** "ReplicaSet", Example. */
export const frontend = object(
  'apps/v1',
  'ReplicaSet',
  'frontend',
  {
    replicas: 3,
    selector: { matchLabels: { tier: 'frontend' } },
    template: template({ tier: 'frontend' }, [container('php-redis', IDLE)]),
  },
  { labels: { app: 'guestbook', tier: 'frontend' } },
);

/** "ReplicaSet", Non-Template Pod acquisitions. */
export const barePods = ['pod1', 'pod2'].map((name) =>
  object('v1', 'Pod', name, template({}, [container('hello', IDLE)]).spec, { labels: { tier: 'frontend' } }),
);

/** "StatefulSets", Components. */
export const web = [
  object('v1', 'Service', 'nginx', { ports: [{ port: 80, name: 'web' }], clusterIP: 'None', selector: { app: 'web' } }),
  object('apps/v1', 'StatefulSet', 'web', {
    selector: { matchLabels: { app: 'web' } },
    serviceName: 'nginx',
    replicas: 3,
    minReadySeconds: 1,
    template: template({ app: 'web' }, [
      container('nginx', `cat /etc/hostname >> /usr/share/nginx/html/name; ${IDLE}`, {
        ports: [{ containerPort: 80, name: 'web' }],
        volumeMounts: [{ name: 'www', mountPath: '/usr/share/nginx/html' }],
      }),
    ]),
    volumeClaimTemplates: [
      {
        metadata: { name: 'www' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
      },
    ],
  }),
];

/** "DaemonSet", Create a DaemonSet. */
export const fluentd = object(
  'apps/v1',
  'DaemonSet',
  'fluentd-elasticsearch',
  {
    selector: { matchLabels: { name: 'fluentd-elasticsearch' } },
    template: template(
      { name: 'fluentd-elasticsearch' },
      [
        container('fluentd-elasticsearch', IDLE, {
          resources: { limits: { memory: '64Mi' }, requests: { cpu: '10m', memory: '16Mi' } },
          volumeMounts: [{ name: 'varlog', mountPath: '/var/log' }],
        }),
      ],
      {
        tolerations: [
          { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' },
          { key: 'node-role.kubernetes.io/master', operator: 'Exists', effect: 'NoSchedule' },
        ],
        volumes: [{ name: 'varlog', hostPath: { path: '/var/log' } }],
      },
    ),
  },
  { namespace: 'kube-system', labels: { 'k8s-app': 'fluentd-logging' } },
);

/** "Jobs", Running an example Job. */
export const pi = object('batch/v1', 'Job', 'pi', task({ backoffLimit: 4 }, 'echo 3.14159'));

/** "Indexed Job for Parallel Processing with Static Work Assignment". */
export const indexed = object(
  'batch/v1',
  'Job',
  'indexed-job',
  task(
    { completions: 5, parallelism: 3, completionMode: 'Indexed' },
    'set -- foo bar baz qux xyz; shift $JOB_COMPLETION_INDEX; echo $1',
  ),
);

/** "Jobs", Backoff limit per index. */
export const perIndex = object(
  'batch/v1',
  'Job',
  'job-backoff-limit-per-index-example',
  task(
    { completions: 6, parallelism: 6, completionMode: 'Indexed', backoffLimitPerIndex: 0, maxFailedIndexes: 5 },
    'exit $((JOB_COMPLETION_INDEX % 2))',
  ),
);

/** "CronJob", Example. */
export const hello = object('batch/v1', 'CronJob', 'hello', {
  schedule: '* * * * *',
  jobTemplate: { spec: task({}, 'date; echo Hello from the Kubernetes cluster') },
});

/** "HorizontalPodAutoscaler Walkthrough": burns what it is allowed while there is load. */
export const phpApache = object('apps/v1', 'Deployment', 'php-apache', {
  selector: { matchLabels: { run: 'php-apache' } },
  template: template({ run: 'php-apache' }, [
    container(
      'php-apache',
      'trap "exit 0" TERM; echo off > /load; while :; do read load < /load; [ "$load" = on ] || sleep 0.2; done',
      {
        ports: [{ containerPort: 80 }],
        resources: { limits: { cpu: '500m' }, requests: { cpu: '200m' } },
      },
    ),
  ]),
});

/** "Specifying a Disruption Budget for your Application". */
export const zookeeper = [
  object('policy/v1', 'PodDisruptionBudget', 'zk-pdb', { minAvailable: 2, selector: { matchLabels: { app: 'web' } } }),
];
