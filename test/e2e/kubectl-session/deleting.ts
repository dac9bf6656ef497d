import { TEST_IMAGE } from '../../docker.ts';
import { eventually } from '../../eventually.ts';
import { pod } from '../kubectl/manifests.ts';
import type { Chapter, Session } from './session.ts';

const made = (s: Session, names: string[], label = 'gone=no') =>
  s.ask('apply -f -', {
    input: {
      apiVersion: 'v1',
      kind: 'List',
      items: names.map((name) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, labels: { [label.split('=')[0]!]: label.split('=')[1] } },
      })),
    },
  });
/** A deployment of no pods, and the name of its ReplicaSet. */
const parent = async (s: Session, name: string) => {
  await s.ask(`create deployment ${name} --image=${TEST_IMAGE} --replicas=0`);
  return eventually('its ReplicaSet', async () => (await s.ask(`get rs -l app=${name} -o name`)).trim() || undefined);
};

/** Every way to delete. */
export const deleting: Chapter = {
  async 'by name, label, field, file and all'(s) {
    await made(s, ['del-a', 'del-b', 'del-c', 'del-d', 'del-e'], 'del=yes');
    await s.says('delete cm del-a', s.deleted('configmap "del-a"'));
    await s.refused('delete cm del-a', 'Error from server (NotFound): configmaps "del-a" not found');
    await s.says('delete cm del-a --ignore-not-found', '');
    await s.says('delete cm del-b --dry-run=server', `${s.deleted('configmap "del-b"')} (server dry run)`);
    await s.says('delete cm del-b --dry-run=client', `${s.deleted('configmap "del-b"')} (dry run)`);
    await s.says('delete cm/del-b cm/del-c -o name', 'configmap/del-b\nconfigmap/del-c');
    await s.says('delete cm -l del=yes --field-selector=metadata.name=del-d', s.deleted('configmap "del-d"'));
    const file = await s.file('delete.json', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'del-e' } });
    await s.says(`delete -i -f ${file}`, /Do you want to continue\? .*deletion is cancelled/s, { input: 'n\n' });
    await s.says(`delete -i -f ${file}`, /configmap "del-e" deleted/, { input: 'y\n' });
    const other = s.in(`${s.namespace}-emptied`);
    await s.ask(`create ns ${other.namespace}`);
    await other.run('create cm one');
    await s.ask(`delete cm --all -n ${other.namespace}`);
    await s.ask(`delete ns ${other.namespace} --wait=false`);
    await s.ask(`wait --for=delete ns/${other.namespace} --timeout=30s`);
    await made(s, ['del-raw']);
    await s.says(`delete --raw /api/v1/namespaces/${s.namespace}/configmaps/del-raw`, /"status": ?"Success"/);
    await s.lacks('configmap/del-raw', 'configmap/del-e');
  },

  async '--cascade'(s) {
    const orphan = await parent(s, 'left');
    await s.says('delete deployment left --cascade=orphan', s.deleted('deployment.apps "left"'));
    await s.holds(orphan, '.metadata.ownerReferences', '');
    await s.ask(`delete ${orphan}`);
    const first = await parent(s, 'fore');
    await s.ask('delete deployment fore --cascade=foreground --timeout=30s');
    await s.lacks(first, 'deployment.apps/fore');
    const after = await parent(s, 'back');
    await s.ask('delete deployment back --cascade=background');
    await s.ask(`wait --for=delete ${after} --timeout=30s`);
  },

  async '--wait, finalizers, --force and --grace-period'(s) {
    await s.ask('apply -f -', {
      input: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'held', finalizers: ['example.com/hold'] } },
    });
    await s.refused('delete cm held --timeout=1s', /timed out waiting for the condition/);
    await s.says('get cm held -o jsonpath={.metadata.deletionTimestamp}', /^\d{4}-/);
    const wait = s.start('wait --for=delete cm/held --timeout=20s');
    await s.ask(`patch cm held --type=json -p '[{"op":"remove","path":"/metadata/finalizers"}]'`);
    await wait.exit();
    await s.lacks('configmap/held');
    const nowhere = { spec: { nodeSelector: { nowhere: 'true' } } };
    for (const flags of ['--grace-period=0 --force', '--now', '--grace-period=1', '--wait=false --force']) {
      await s.ask('apply -f -', { input: pod('brief', 'true', nowhere) });
      await s.says(
        `delete pod brief ${flags}`,
        flags.includes('--force') ? /^pod "brief" force deleted/ : s.deleted('pod "brief"'),
      );
      await s.ask('wait --for=delete pod/brief --timeout=20s');
    }
  },
};
