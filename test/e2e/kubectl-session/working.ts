import { expect } from 'vitest';
import { TEST_IMAGE } from '../../docker.ts';
import { eventually } from '../../eventually.ts';
import { deployment, IDLE } from '../kubectl/manifests.ts';
import type { Chapter } from './session.ts';

const SETS = [
  ['StatefulSet', 'statefulset'],
  ['DaemonSet', 'daemonset'],
  ['ReplicaSet', 'replicaset'],
] as const;
/** One that wants no pods: no replicas, or no node that it would like. */
const own = (kind: (typeof SETS)[number][0]) => {
  const { metadata, spec } = deployment('own', 0);
  const { replicas, selector, template } = spec;
  const nowhere = { ...template, spec: { ...template.spec, nodeSelector: { nowhere: 'true' } } };
  const further = {
    StatefulSet: { replicas, serviceName: 'own', updateStrategy: { type: 'OnDelete' } },
    DaemonSet: { updateStrategy: { type: 'OnDelete' } },
    ReplicaSet: { replicas },
  };
  return { apiVersion: 'apps/v1', kind, metadata, spec: { selector, template: nowhere, ...further[kind] } };
};

/** Workloads whose pods run: rollouts, waiting, logs and events. */
export const working: Chapter = {
  async 'a Deployment: wait, rollout, logs and events'(s) {
    await s.ask('apply -f -', { input: deployment('web', 2, `echo up; ${IDLE}`) });
    await s.says('rollout status deployment/web --timeout=60s', /^deployment "web" successfully rolled out$/m);
    await s.says('wait --for=condition=Available deployment/web --timeout=20s', 'deployment.apps/web condition met');
    await s.says(
      `wait --for='jsonpath={.status.readyReplicas}=2' deployment/web --timeout=20s`,
      'deployment.apps/web condition met',
    );
    await s.says(
      `wait --for='jsonpath={.status.podIP}' pod -l app=web --timeout=20s`,
      /^pod\/web-\S+ condition met\npod\/web-\S+ condition met$/m,
    );
    await s.refused(
      'wait --for=condition=Available=false deployment/web --timeout=1s',
      'error: timed out waiting for the condition on deployments/web',
    );
    await s.says('get deployment web -o wide', [/^web +2\/2 +2 +2 +\d+s +main +\S+ +app=web$/m]);
    await s.says('get all -l app=web', [/^pod\/web-\S+ +1\/1 +Running +0 /m, /^replicaset\.apps\/web-\w+ +2 +2 +2 /m]);
    await s.says('describe deployment web', [
      /^Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable$/m,
      /^NewReplicaSet: +web-\w+ \(2\/2 replicas created\)$/m,
    ]);
    await s.says('describe rs -l app=web', [
      /^Controlled By: +Deployment\/web$/m,
      /^Pods Status: +2 Running \/ 0 Waiting \/ 0 Succeeded \/ 0 Failed$/m,
    ]);
    await s.says('describe pods -l app=web', [/^ {4}Image: +\S+$/m, /^ {2}PodScheduled +True/m]);
    await s.says('logs deployment/web --all-pods', /^\[pod\/web-\S+\/main\] up\n\[pod\/web-\S+\/main\] up$/m);
    await s.says('logs -l app=web --prefix --tail=1 --timestamps', /^\[pod\/web-\S+\/main\] \d{4}-\S+Z up$/m);
    await s.says('events --for deployment/web', /^\S+ +Normal +ScalingReplicaSet +Deployment\/web +Scaled up/m);
    await s.says('events --types=Normal --no-headers', /Started/);
    await s.says(
      'get events --field-selector=involvedObject.name=web,reason=ScalingReplicaSet --sort-by=.metadata.creationTimestamp',
      /^\S+ +Normal +ScalingReplicaSet +deployment\/web /m,
    );
    await s.says('events -o json --chunk-size=2', /"reason": "Pulled"/);
    const events = s.start('events -w --for deployment/web');
    await s.says('scale deployment web --replicas=0', 'deployment.apps/web scaled');
    await eventually('the event', () => /Scaled down/.test(events.stdout)).finally(() => events.end('SIGINT'));
    const created = s.start('wait --for=create cm/expected --timeout=30s');
    await s.ask('create cm expected');
    await created.exit();
    expect(created.stdout).toBe('configmap/expected condition met\n');
    await s.ask('delete deployment web');
  },

  async 'a Deployment: rollouts there and back'(s) {
    await s.ask('apply -f -', { input: deployment('roll', 1) });
    await s.ask('rollout status deployment roll --timeout=60s');
    await s.says('annotate deployment roll kubernetes.io/change-cause=first', 'deployment.apps/roll annotated');
    await s.says('set env deployment/roll A=1', 'deployment.apps/roll env updated');
    await s.says('rollout status deployment roll --timeout=60s', /successfully rolled out/);
    await s.says('rollout history deployment roll', [/^REVISION +CHANGE-CAUSE$/m, /^1 +first$/m, /^2 +first$/m]);
    await s.says('rollout history deployment/roll --revision=2', [
      /^deployment\.apps\/roll with revision #2$/m,
      /^ {6}A:\t1$/m,
    ]);
    await s.says('rollout pause deployment/roll', 'deployment.apps/roll paused');
    await s.refused('rollout pause deployment/roll', /already paused/);
    await s.ask('set env deployment/roll A=2');
    await s.says('rollout resume deployment/roll', 'deployment.apps/roll resumed');
    await s.ask('rollout status deployment roll --timeout=60s');
    await s.says('rollout undo deployment/roll --dry-run=server', 'deployment.apps/roll rolled back (server dry run)');
    await s.says('rollout undo deployment/roll --to-revision=1', 'deployment.apps/roll rolled back');
    await s.ask('rollout status deployment roll --timeout=60s --revision=0 --watch=true');
    await s.holds('deployment roll', '.spec.template.spec.containers[0].env', '');
    await s.says('rollout restart deployment roll', 'deployment.apps/roll restarted');
    await s.ask('rollout status deployment roll --timeout=60s');
    await s.says('scale deployment roll --replicas=0 --timeout=20s', 'deployment.apps/roll scaled');
    await s.ask(`wait --for=delete pod -l app=roll --timeout=30s`);
    await s.ask('delete deployment roll');
  },

  async 'a StatefulSet, a DaemonSet and a ReplicaSet'(s) {
    for (const [kind, word] of SETS) {
      const of = `${word}/own`;
      await s.says('apply -f -', `${word}.apps/own created`, { input: own(kind) });
      await s.says(`set env ${of} A=1`, `${word}.apps/own env updated`);
      await s.says(`set image ${of} main=some/image:1`, `${word}.apps/own image updated`);
      await s.says(`describe ${of}`, [/^Name: +own$/m, /^ {4}Image: +some\/image:1$/m]);
      await s.says(`get ${of} -o wide`, /^own +0.* main +some\/image:1/m);
      if (kind === 'ReplicaSet') continue;
      await s.refused(`rollout status ${of}`, /rollout status is only available for RollingUpdate strategy type/);
      await s.says(`rollout restart ${of}`, `${word}.apps/own restarted`);
      await s.holds(of.replace('/', ' '), '.spec.template.metadata.annotations', /restartedAt/);
    }
    await s.says(
      'scale statefulset/own replicaset/own --replicas=0',
      'statefulset.apps/own scaled\nreplicaset.apps/own scaled',
    );
    await s.ask('delete statefulset,daemonset,replicaset own');
  },

  async 'Jobs, and what made them'(s) {
    await s.says(`create job sum --image=${TEST_IMAGE} -- sh -c 'echo $((20 + 22))'`, 'job.batch/sum created');
    await s.says('wait --for=condition=complete job/sum --timeout=60s', 'job.batch/sum condition met');
    await s.says('logs job/sum', '42');
    await s.says('logs job/sum --since=1h --limit-bytes=1', '4');
    await s.says('get jobs sum', /^sum +Complete +1\/1 +\d+s +\d+s$/m);
    await s.says('describe job sum', [
      /^Pods Statuses: +0 Active \(0 Ready\) \/ 1 Succeeded \/ 0 Failed$/m,
      /Completed +\d+s +job-controller/,
    ]);
    await s.says(
      'get pods -l job-name=sum --field-selector=status.phase=Succeeded --no-headers',
      /^sum-\w+ +0\/1 +Completed /m,
    );
    await s.ask(`create cronjob often --image=${TEST_IMAGE} --schedule='0 0 1 1 *' -- true`);
    await s.says('create job once --from=cronjob/often', 'job.batch/once created');
    await s.ask('wait --for=condition=Complete job/once --timeout=60s');
    await s.ask('delete cronjob often --cascade=foreground --timeout=30s');
    await s.lacks('job/once');
  },
};
