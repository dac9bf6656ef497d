import { describe, expect, test } from 'vitest';
import { type Desk, rows } from './desk.ts';

const KINDS = [
  ['configmaps', 'cm', 'v1', 'true', 'ConfigMap'],
  ['events', 'ev', 'v1', 'true', 'Event'],
  ['namespaces', 'ns', 'v1', 'false', 'Namespace'],
  ['nodes', 'no', 'v1', 'false', 'Node'],
  ['persistentvolumeclaims', 'pvc', 'v1', 'true', 'PersistentVolumeClaim'],
  ['persistentvolumes', 'pv', 'v1', 'false', 'PersistentVolume'],
  ['pods', 'po', 'v1', 'true', 'Pod'],
  ['secrets', 'v1', 'true', 'Secret'],
  ['serviceaccounts', 'sa', 'v1', 'true', 'ServiceAccount'],
  ['deployments', 'deploy', 'apps/v1', 'true', 'Deployment'],
  ['replicasets', 'rs', 'apps/v1', 'true', 'ReplicaSet'],
  ['jobs', 'batch/v1', 'true', 'Job'],
  ['leases', 'coordination.k8s.io/v1', 'true', 'Lease'],
  ['poddisruptionbudgets', 'pdb', 'policy/v1', 'true', 'PodDisruptionBudget'],
  ['priorityclasses', 'pc', 'scheduling.k8s.io/v1', 'false', 'PriorityClass'],
  ['csidrivers', 'storage.k8s.io/v1', 'false', 'CSIDriver'],
  ['csinodes', 'storage.k8s.io/v1', 'false', 'CSINode'],
  ['storageclasses', 'sc', 'storage.k8s.io/v1', 'false', 'StorageClass'],
  ['volumeattachments', 'storage.k8s.io/v1', 'false', 'VolumeAttachment'],
  ['bandquotas', 'bq', 'stowage.dev/v1', 'true', 'BandQuota'],
  ['podgroups', 'pg', 'stowage.dev/v1', 'true', 'PodGroup'],
  ['schedulingpolicies', 'stowage.dev/v1', 'false', 'SchedulingPolicy'],
];

const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g');

/** What the server says of itself. */
export function server(desk: () => Desk): void {
  test('api-resources and api-versions', async () => {
    const table = rows(await desk().run('api-resources'));
    expect(table[0]).toEqual(['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND']);
    for (const kind of KINDS) expect(table).toContainEqual(kind);
    expect(await desk().run('api-resources --api-group=apps -o name')).toBe(
      ['controllerrevisions', 'daemonsets', 'deployments', 'replicasets', 'statefulsets']
        .map((plural) => `${plural}.apps\n`)
        .join(''),
    );
    expect(await desk().run('api-resources --namespaced=false --verbs=list,watch -o name')).toContain('nodes\n');
    expect((await desk().run('api-versions')).split('\n')).toEqual(
      expect.arrayContaining(['apps/v1', 'batch/v1', 'coordination.k8s.io/v1', 'scheduling.k8s.io/v1', 'v1']),
    );
  });

  test('version and cluster-info', async () => {
    const { serverVersion } = await desk().json<{ serverVersion: Record<string, string> }>('version');
    expect(serverVersion).toMatchObject({ major: '1', minor: expect.stringMatching(/^\d+$/) });
    expect(serverVersion.gitVersion).toMatch(/^v1\.\d+\.\d+\+stowage-/);
    // Colours come between the words.
    const info = (await desk().run('cluster-info')).replaceAll(COLOUR, '');
    expect(info).toMatch(/^Kubernetes control plane is running at https:\/\/127\.0\.0\.1:\d+$/m);
  });

  describe('explain', () => {
    test('a field with its fields', async () => {
      const text = await desk().run('explain deployment.spec.strategy');
      expect(text).toMatch(/^GROUP: +apps\nKIND: +Deployment\nVERSION: +v1\n\nFIELD: strategy <DeploymentStrategy>\n/);
      expect(text).toMatch(/^ {2}rollingUpdate\t<RollingUpdateDeployment>$/m);
      expect(text).toMatch(/^ {2}type\t<string>\n {2}enum: Recreate, RollingUpdate\n {4}\S+/m);
    });

    test('--recursive', async () => {
      const text = await desk().run('explain pod.spec.containers --recursive');
      expect(text).toMatch(/^FIELD: containers <\[\]Container>$/m);
      expect(text).toMatch(
        /^ {2}env\t<\[\]EnvVar>\n {4}name\t<string> -required-\n {4}value\t<string>\n {4}valueFrom\t<EnvVarSource>$/m,
      );
      expect(text).toMatch(/^ {2}resources\t<ResourceRequirements>$/m);
    });

    test.each(KINDS.map((kind) => kind[0]!))('%s says what it is', async (plural) => {
      const text = await desk().run(`explain ${plural}`);
      expect(text).toMatch(/^DESCRIPTION:\n {4}[A-Z]/m);
      expect(text).toMatch(/^ {2}metadata\t<ObjectMeta>( -required-)?$/m);
    });

    test('what is not there', async () => {
      expect((await desk().try('explain pod.spec.nonsense')).stderr).toBe('error: field "nonsense" does not exist\n');
    });
  });

  test('get --raw', async () => {
    for (const path of ['/healthz', '/livez', '/readyz']) expect(await desk().run(`get --raw ${path}`)).toBe('ok');
    expect(await desk().run('get --raw /readyz?verbose')).toMatch(/^\[\+\]ping ok$[\s\S]*^readyz check passed$/m);
    expect(JSON.parse(await desk().run('get --raw /version'))).toHaveProperty('gitVersion');
    const swagger = JSON.parse(await desk().run('get --raw /openapi/v2'));
    expect(swagger.swagger).toBe('2.0');
    expect(swagger.paths).toHaveProperty(['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']);
    const metrics = await desk().run('get --raw /metrics');
    expect(metrics).toMatch(/^apiserver_request_duration_seconds_count\{[^}]*resource="configmaps"[^}]*\} [1-9]/m);
    expect(metrics).toMatch(/^process_cpu_seconds_total \d/m);
    expect((await desk().try('get --raw /nowhere')).stderr).toBe(
      'Error from server (NotFound): the server could not find the requested resource\n',
    );
  });
}
