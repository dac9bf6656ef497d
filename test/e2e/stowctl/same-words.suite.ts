import { describe, expect, test } from 'vitest';
import { deployment } from '../kubectl/manifests.ts';
import type { Twins } from './twins.ts';

const READS = [
  'get pods',
  'get pods -o wide',
  'get pods -A',
  'get pods -A -o wide --show-labels',
  'get pods -l app=web -o name',
  'get pods -L app,batch.kubernetes.io/job-name --no-headers',
  'get pods --sort-by=.metadata.name',
  'get pods --field-selector status.phase=Succeeded',
  'get pods --chunk-size=1 -o name',
  'get all',
  'get all -A',
  'get deploy,rs,jobs -o wide',
  'get deployment/web job/batch',
  'get deployment web -o yaml',
  'get deployment web -o json',
  'get deployments -o yaml',
  'get job batch -o jsonpath={.status.succeeded}',
  'get pods -o jsonpath={.items[*].metadata.name}',
  'get deployment web -o jsonpath={range_.spec.template.spec.containers[*]}{.name}{"\\t"}{.image}{"\\n"}{end}',
  'get nodes -o wide',
  'get namespaces',
  'get priorityclasses',
  'get leases -A',
  'get serviceaccounts,configmaps,secrets -A',
  'get events --field-selector involvedObject.name=web',
  'get pods -n kube-system',
  'get pods -l app=nobody',
  'get pod nobody',
  'get pod nobody --ignore-not-found',
  'get gadgets',
  'describe deployment web',
  'describe rs -l app=web',
  'describe job batch',
  'describe pods -l app=web',
  'describe pods -l app=batch',
  'describe namespace default',
  'describe priorityclass production',
  'describe serviceaccount default',
  'describe pod nobody',
  'logs job/batch --tail=2',
  'logs deployment/web --tail=1',
  'logs -l app=batch --prefix --tail=1',
  'events --for deployment/web',
  'events --types=Warning',
  'cordon nobody',
  'cordon from-variable --dry-run=client',
  'cordon from-variable --dry-run=server',
  'uncordon from-variable',
  'drain nobody',
  'drain from-variable --dry-run=client',
  'drain from-variable --dry-run=client --pod-selector=app=nobody',
  'drain -l app=nobody',
];

/** Among events of the same second kubectl has no order. */
const UNORDERED_READS = ['events', 'events -A', 'events --types=Normal --no-headers'];

/** `stowctl` in the place of kubectl: the same flags, the same output. */
export function sameWords(twins: () => Twins): void {
  describe('says what kubectl says', () => {
    test.each(READS)('%s', async (line) => {
      // A space inside of a word is written as an underscore.
      await twins().agree(line.split(' ').map((word) => word.replaceAll('_', ' ')));
    });

    test.each(UNORDERED_READS)('%s, in any order', async (line) => {
      await twins().agree(line.split(' '), (text) => text.split('\n').sort().join('\n'));
    });

    test('describe node, but for the time of its last sign of life', async () => {
      const [theirs, ours] = await Promise.all([
        twins().kubectl(['describe', 'node']),
        twins().stowctl(['describe', 'node']),
      ]);
      const comparable = (text: string) =>
        text
          .split('\n')
          .filter((line) => !/^ {2}(Memory|Disk|PID)Pressure|^ {2}Ready|RenewTime/.test(line))
          .map((line) => line.replace(/\d+[smh](\d+s)?($| {2,})/, 'AGE'));
      expect(comparable(ours.stdout)).toEqual(comparable(theirs.stdout));
    });
  });

  test('describe namespace, with quotas and limits in it', async () => {
    const name = 'bounded';
    const bounds = [
      { kind: 'Namespace', metadata: { name } },
      { kind: 'ResourceQuota', metadata: { name: 'b' }, spec: { hard: { pods: '4' }, scopes: ['NotTerminating'] } },
      { kind: 'ResourceQuota', metadata: { name: 'a' }, spec: { hard: { configmaps: '4', 'requests.cpu': '1500m' } } },
      {
        kind: 'LimitRange',
        metadata: { name: 'l' },
        spec: {
          limits: [
            { type: 'Container', max: { cpu: '2' }, default: { cpu: '1' } },
            { type: 'Pod', max: { memory: '1Gi' } },
          ],
        },
      },
    ];
    const items = bounds.map(({ metadata, ...rest }) => ({
      apiVersion: 'v1',
      ...rest,
      metadata: rest.kind === 'Namespace' ? metadata : { ...metadata, namespace: name },
    }));
    await twins().kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    await twins().agree(['describe', 'namespace', name]);
    await twins().kubectl(['delete', 'namespace', name, '--timeout=60s']);
  });

  /** Each changes a namespace of its own in the same way. */
  test('changes what kubectl changes, in the same words', async () => {
    const web = (replicas: number, image?: string) => {
      const made = deployment('twin', replicas);
      if (image) made.spec.template.spec.containers[0]!.image = image;
      return JSON.stringify(made);
    };
    const map = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'twin' }, data: { a: 'b' } });
    const steps: [line: string, input?: string][] = [
      ['apply -f -', web(1)],
      ['apply -f -', web(1)],
      ['apply -f - --dry-run=server', web(2)],
      ['apply -f - --dry-run=client', web(2)],
      ['apply -f -', web(1, 'other/image:1')],
      ['apply -f -', map],
      ['apply -f - -o name', map],
      ['apply -f -', web(1).replace('"replicas"', '"replicsa"').replaceAll('"twin"', '"other"')],
      ['apply -f -', map.replace('"twin"', '"Twin"')],
      ['scale deployment/twin --replicas=0'],
      ['scale deployment twin --replicas=2 --current-replicas=1'],
      ['scale deployment/nobody --replicas=2'],
      ['get deployment twin -o jsonpath={.spec.replicas}'],
      ['delete configmap twin --dry-run=server'],
      ['delete configmap twin'],
      ['delete configmap twin'],
      ['delete configmap twin --ignore-not-found'],
      ['delete -f -', web(1)],
      ['delete configmaps -l a=b'],
      ['delete configmaps --all'],
    ].map(([line, input]) => [line!, input]);
    const said = await Promise.all(
      (['kubectl', 'stowctl'] as const).map(async (who) => {
        const namespace = `twin-${who}`;
        await twins().kubectl(['create', 'namespace', namespace]);
        const answers: string[] = [];
        for (const [line, input] of steps) {
          const { code, stdout, stderr } = await twins()[who]([...line.split(' '), '-n', namespace], input);
          answers.push(`$ ${line}\n${stdout}${stderr}${code}`.replaceAll(namespace, 'NAMESPACE'));
        }
        await twins().kubectl(['delete', 'namespace', namespace, '--timeout=60s']);
        return answers;
      }),
    );
    expect(said[1]).toEqual(said[0]);
  });
}
