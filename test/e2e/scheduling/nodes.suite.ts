import { afterEach, beforeAll, expect, test } from 'vitest';
import { on, type Stage } from './stage.ts';

const HOSTNAME = 'kubernetes.io/hostname';

/** What people say of nodes, and what pods ask of them. */
export function nodes(cell: () => Stage): void {
  let stage: Stage;

  const wanting = (values: string[]) => ({ matchExpressions: [{ key: 'disk', operator: 'In', values }] });
  const nodeAffinity = (rules: object) => ({ affinity: { nodeAffinity: rules } });

  beforeAll(async () => {
    stage = await cell().enter('nodes');
    // Offered to pods with the node's next heartbeat.
    const announced = JSON.stringify({ status: { capacity: { 'example.com/gpu': '2' } } });
    await stage.desk.run('patch node n1 --subresource=status --type=merge', '-p', announced);
  });
  afterEach(async () => {
    const undo = ['label nodes --all disk-', 'uncordon n1 n2', 'taint nodes --all dedicated-'];
    await Promise.all([...undo, 'delete pods --all --wait=false'].map((line) => stage.desk.try(line)));
  });

  test('node affinity: what is required, what is preferred, and a label that comes later', async () => {
    await stage.desk.run('label node n2 disk=fast');
    const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [wanting(['fast'])] } };
    const preferred = {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: wanting(['fast', 'huge']) }],
    };
    await stage.apply(
      stage.pod('required', { spec: nodeAffinity(required) }),
      stage.pod('preferred', { spec: nodeAffinity(preferred) }),
      stage.pod('huge', { spec: { nodeSelector: { disk: 'huge' } } }),
    );
    expect(await stage.placed('required')).toBe('n2');
    expect(await stage.placed('preferred')).toBe('n2');
    const reason = "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.";
    expect(await stage.refused('huge')).toContain(reason);
    expect(await stage.why('huge')).toContain('  fits on 2 nodes if it drops nodeSelector disk=huge\n');
    await stage.desk.run('label node n1 disk=huge');
    expect(await stage.placed('huge')).toBe('n1');
  });

  test('taints keep away those who do not tolerate them', async () => {
    await stage.desk.run('taint node n1 dedicated=db:NoSchedule');
    const toleration = { key: 'dedicated', operator: 'Equal', value: 'db', effect: 'NoSchedule' };
    await stage.apply(
      stage.pod('guest', { spec: on('n1') }),
      stage.pod('owner', { spec: { ...on('n1'), tolerations: [toleration] } }),
    );
    expect(await stage.placed('owner')).toBe('n1');
    expect(await stage.refused('guest')).toContain('1 node(s) had untolerated taint {dedicated: db}');
    expect(await stage.why('guest')).toContain('  fits on n1 if it tolerates dedicated=db\n');
    await stage.desk.run('taint node n1 dedicated-');
    expect(await stage.placed('guest')).toBe('n1');
  });

  test('a cordoned node takes nobody until it is uncordoned', async () => {
    await stage.desk.run('cordon n1 n2');
    await stage.apply(stage.pod('later'));
    expect(await stage.refused('later')).toContain('0/2 nodes are available: 2 node(s) were unschedulable.');
    expect(await stage.why('later')).toContain('  fits on 2 nodes if uncordoned\n');
    await stage.desk.run('uncordon n2');
    await stage.running('later');
    expect(await stage.nodesOf('name=later')).toEqual(['n2']);
  });

  test('an extended resource that somebody announces is given to as many as it suffices for', async () => {
    const gpu = { 'example.com/gpu': '2' };
    const asking = { container: { resources: { requests: gpu, limits: gpu } } };
    await stage.apply(stage.pod('first', asking));
    expect(await stage.placed('first')).toBe('n1');
    await stage.apply(stage.pod('second', asking));
    expect(await stage.refused('second')).toContain('0/2 nodes are available: 2 Insufficient example.com/gpu.');
    expect(await stage.why('second')).toContain('Nearest: n1 lacks example.com/gpu: asks 2, has 0 free of 2\n');
    await stage.desk.run('delete pod first');
    expect(await stage.placed('second')).toBe('n1');
  });

  test('labels of the host hold a pod and its volume together', async () => {
    await stage.apply(
      {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'StorageClass',
        metadata: { name: 'local' },
        provisioner: 'kubernetes.io/no-provisioner',
        volumeBindingMode: 'WaitForFirstConsumer',
      },
      {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name: 'disk-n2' },
        spec: {
          capacity: { storage: '1Gi' },
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'local',
          local: { path: '/mnt/disk' },
          nodeAffinity: {
            required: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: HOSTNAME, operator: 'In', values: ['n2'] }] }],
            },
          },
        },
      },
      ...['data', 'more'].map((name) => ({
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name },
        spec: {
          storageClassName: 'local',
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: '1Gi' } },
        },
      })),
    );
    const using = (claimName: string) => ({
      spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }] },
      container: { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
    });
    expect(await stage.desk.value('get pvc data', '.status.phase')).toBe('Pending');
    await stage.apply(stage.pod('keeper', using('data')));
    expect(await stage.placed('keeper')).toBe('n2');
    expect(await stage.desk.value('get pvc data', '.status.phase')).toBe('Bound');
    expect(await stage.desk.value('get pv disk-n2', '.spec.claimRef.name')).toBe('data');
    await stage.apply(stage.pod('late', using('more')), stage.pod('lost', using('nowhere')));
    expect(await stage.refused('late')).toContain(
      "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind.",
    );
    expect(await stage.refused('lost')).toContain('persistentvolumeclaim "nowhere" not found');
    await stage.desk.run('delete pods,pvc --all --wait=false');
    await stage.desk.run('delete pv disk-n2');
    await stage.desk.run('delete storageclass local');
  });
}
