import { expect } from 'vitest';
import { eventually } from '../../eventually.ts';
import { deployment, IDLE, pod } from '../kubectl/manifests.ts';
import type { Chapter, Session } from './session.ts';

const onNode = async (s: Session, node: string) =>
  (await s.ask(`get pods -l app=moving --field-selector=spec.nodeName=${node} -o name`))
    .trim()
    .split('\n')
    .filter(Boolean).length;

/** Readings are 10 s apart, and more than that on a busy machine. */
const PATIENCE_MS = 120_000;

/** What concerns whole nodes; one kubectl after the other. */
export const nodes: Chapter = {
  async 'get, describe, label, annotate and taint'(s) {
    await s.says('get nodes -o wide', [
      /^NAME +STATUS +ROLES +AGE +VERSION +INTERNAL-IP /m,
      /^n1 +Ready +<none> +\S+ +v/m,
    ]);
    await s.says('label node n2 node-role.kubernetes.io/worker= shelf=low', 'node/n2 labeled');
    await s.says('get node n2 -L shelf', /^n2 +Ready +worker +\S+ +\S+ +low$/m);
    await s.says('label node n2 node-role.kubernetes.io/worker- shelf-', 'node/n2 unlabeled');
    await s.says('annotate node n2 note=one', 'node/n2 annotated');
    await s.says('annotate node n2 note-', 'node/n2 annotated');
    await s.says('taint nodes n2 only=some:NoSchedule only=some:PreferNoSchedule', 'node/n2 tainted');
    await s.refused(
      'taint nodes n2 only=other:NoSchedule',
      /already has only taint\(s\) with same effect\(s\) and --overwrite is false/,
    );
    await s.says('taint nodes n2 only=other:NoSchedule --overwrite', 'node/n2 modified');
    await s.says('describe node n2', [/^Taints: +only=other:NoSchedule$/m, /^Unschedulable: +false$/m]);
    await s.ask('apply -f -', {
      input: pod('shy', IDLE, { spec: { nodeSelector: { 'kubernetes.io/hostname': 'n2' } } }),
    });
    await s.ask(
      `wait --for='jsonpath={.status.conditions[?(@.type=="PodScheduled")].reason}=Unschedulable' pod/shy --timeout=20s`,
    );
    const warned = async () => (await s.ask('events --for pod/shy --types=Warning')).includes('FailedScheduling');
    await eventually('the event', warned);
    await s.says('taint nodes n2 only-', 'node/n2 untainted');
    await s.ask('wait --for=condition=Ready pod/shy --timeout=30s');
    await s.says('describe node n2', new RegExp(`^ {2}${s.namespace} +shy +5m \\(\\d+%\\) `, 'm'));
    await s.ask('delete pod shy --now');
  },

  async 'cordon, drain and uncordon'(s) {
    await s.says('cordon n2', 'node/n2 cordoned');
    await s.says('cordon n2', 'node/n2 already cordoned');
    await s.says('get node n2', /^n2 +Ready,SchedulingDisabled /m);
    await s.says('uncordon n2', 'node/n2 uncordoned');
    await s.says('cordon n1 --dry-run=server', 'node/n1 cordoned (server dry run)');
    await s.ask('cordon n1');
    await s.ask('apply -f -', { input: deployment('moving', 2) });
    await s.ask('apply -f -', { input: pod('alone', IDLE, { labels: { app: 'alone' } }) });
    await s.ask('create pdb moving --selector=app=moving --max-unavailable=1');
    await s.ask('rollout status deployment/moving --timeout=60s');
    await s.ask('wait --for=condition=Ready pod/alone --timeout=30s');
    await s.ask('uncordon n1');
    await s.ask(`wait --for='jsonpath={.status.disruptionsAllowed}=1' pdb/moving --timeout=20s`);
    await s.refused(
      'drain n2',
      /cannot delete Pods? that declare no controller.*alone|cannot delete Pods? declare no controller.*alone/,
    );
    await s.says('drain n2 --force --dry-run=server', /^node\/n2 drained \(server dry run\)$/m);
    const drained = [
      /^node\/n2 already cordoned$/m,
      /^pod\/alone evicted$/m,
      /^pod\/moving-\S+ evicted$/m,
      /^node\/n2 drained$/m,
    ];
    await s.says('drain n2 --force --ignore-daemonsets --delete-emptydir-data --grace-period=1 --timeout=60s', drained);
    await s.ask('rollout status deployment/moving --timeout=60s');
    expect(await onNode(s, 'n1')).toBe(2);
    await s.says('uncordon n2', 'node/n2 uncordoned');
    await s.says('drain n1 --pod-selector=app=nothing', /^node\/n1 drained$/m);
    await s.ask('uncordon n1');
    await s.ask('delete pdb,deployment moving');
  },
};

/** What nodes and pods use. */
export const using: Chapter = {
  async top(s) {
    await s.ask('apply -f -', { input: pod('used', IDLE, { labels: { app: 'used' } }) });
    await s.ask('wait --for=condition=Ready pod/used --timeout=30s');
    await eventually('readings', async () => (await s.type('top pod used')).code === 0, PATIENCE_MS);
    await s.says('top pods -l app=used', [/^NAME +CPU\(cores\) +MEMORY\(bytes\)$/m, /^used +\d+m +\d+Mi$/m]);
    await s.says('top pod used --containers --no-headers', /^used +main +\d+m +\d+Mi$/m);
    await s.says('top pods -A --sort-by=memory', new RegExp(`^${s.namespace} +used +\\d+m`, 'm'));
    await s.says('top pods --sum -l app=used', /^ +\d+m +\d+Mi$/m);
    await s.says('top nodes --sort-by=cpu', [
      /^NAME +CPU\(cores\) +CPU\(?%\)? +MEMORY\(bytes\) +MEMORY\(?%\)?$/m,
      /^n1 +\d+m +\d+% +\d+Mi +\d+%$/m,
    ]);
    await s.says('top node n2 --show-capacity --no-headers', /^n2 +\d+m +\d+% +\d+Mi +\d+%$/m);
    await s.refused('top pod nobody', /NotFound/);
    await s.ask('delete pod used --now');
  },
};
