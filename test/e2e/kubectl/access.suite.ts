import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../kubectl.ts';
import { RawApi } from '../../raw-api.ts';
import { type Desk, rows } from './desk.ts';
import { pod } from './manifests.ts';

/** Who may do what, with a kubectl that shows a token instead of the administrator's certificate. */
export function access(desk: () => Desk): void {
  const team = () => desk().in('access-team');
  let api: RawApi;
  let token: string;

  /** A kubectl without kubeconfig, as whoever the token says. */
  const withToken = (bearer: string, line: string) => {
    const who = ['--kubeconfig', '/dev/null', '--server', api.url, '--insecure-skip-tls-verify', '--token', bearer];
    const env = { ...process.env, KUBECACHEDIR: `${desk().kubeconfig}.token-cache` };
    return run(desk().path, [...who, '-n', 'access-team', ...line.split(' ')], { env });
  };

  beforeAll(async () => {
    api = await RawApi.of(desk().kubeconfig);
    await desk().run('create namespace access-team');
    await team().run('create serviceaccount robot');
    await team().run('create role reader --verb=get,list,watch --resource=pods,configmaps');
    await team().run('create rolebinding readers --role=reader --serviceaccount=access-team:robot --user=ann');
    token = (await team().run('create token robot --duration=20m')).trim();
  });
  afterAll(async () => {
    api.close();
    await desk().run('delete namespace access-team --timeout=60s');
  });

  test('a token and a role let one do just that', async () => {
    expect(await withToken(token, 'get pods')).toMatchObject({ code: 0 });
    expect((await withToken(token, 'get secrets')).stderr).toBe(
      'Error from server (Forbidden): secrets is forbidden: User "system:serviceaccount:access-team:robot" cannot list ' +
        'resource "secrets" in API group "" in the namespace "access-team"\n',
    );
    expect((await withToken(token, 'get pods -n default')).code).toBe(1);
    expect((await withToken(token, 'create configmap mine')).stderr).toContain('cannot create resource "configmaps"');
    expect((await withToken(`${token}x`, 'get pods')).stderr).toContain('You must be logged in to the server');
  });

  test('whoami, and can-i', async () => {
    expect((await withToken(token, 'auth whoami')).stdout).toMatch(
      /^Username +system:serviceaccount:access-team:robot$/m,
    );
    expect((await withToken(token, 'auth can-i list pods')).stdout).toBe('yes\n');
    expect(await withToken(token, 'auth can-i delete pods')).toMatchObject({ code: 1, stdout: 'no\n' });
    const table = rows((await withToken(token, 'auth can-i --list')).stdout);
    expect(table).toContainEqual(['pods', '[]', '[]', '[get list watch]']);
    expect(await team().run('auth can-i list configmaps --as ann')).toBe('yes\n');
    expect(rows(await desk().run('auth can-i --list'))).toContainEqual(['*.*', '[]', '[]', '[*]']);
  });

  test('--as somebody else, with groups', async () => {
    expect(await team().run('get pods --as ann -o name')).toBe('');
    expect((await team().try('get secrets --as ann')).stderr).toContain('User "ann" cannot list resource "secrets"');
    expect(await desk().run('auth whoami --as ann --as-group dev --as-uid 7')).toMatch(
      /^UID +7\nGroups +\[dev system:authenticated\]$/m,
    );
    expect((await withToken(token, 'get pods --as ann')).stderr).toContain('cannot impersonate resource "users"');
  });

  test('a token bound to a pod ends with it', async () => {
    await team().apply(
      pod('bearer', 'true', { spec: { serviceAccountName: 'robot', nodeSelector: { nowhere: 'true' } } }),
    );
    const bound = (await team().run('create token robot --bound-object-kind=Pod --bound-object-name=bearer')).trim();
    expect((await withToken(bound, 'get pods -o name')).stdout).toBe('pod/bearer\n');
    await team().run('delete pod bearer');
    expect((await withToken(bound, 'get pods')).stderr).toContain('You must be logged in to the server');
    const others = (await team().run('create token robot --audience=vault')).trim();
    expect((await withToken(others, 'get pods')).code).toBe(1);
  });

  test('nobody gives away what he has not got', async () => {
    await team().run('create rolebinding admins --clusterrole=admin --user=eve');
    expect(await team().run('create rolebinding viewers --clusterrole=view --user=bob --as eve')).toContain('created');
    const refused = await team().try('create rolebinding roots --clusterrole=cluster-admin --user=bob --as eve');
    expect(refused.stderr).toContain(
      'user "eve" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
        '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n',
    );
    const patch = ['--type=merge', '-p', JSON.stringify({ roleRef: { name: 'view' } })];
    expect((await team().try('patch rolebinding admins', patch)).stderr).toContain('cannot change roleRef');
  });

  test('auth reconcile adds what is missing', async () => {
    const role = (...verbs: string[]) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'reconciled', namespace: 'access-team' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs }],
    });
    await team().feed('auth reconcile -f -', role('get'));
    expect(await team().feed('auth reconcile -f -', role('get', 'list'))).toContain('reconciled');
    expect(await team().value('get role reconciled', '.rules[*].verbs[*]')).toBe('get list');
  });

  test('roles and bindings as tables', async () => {
    expect(rows(await team().run('get roles'))[0]).toEqual(['NAME', 'CREATED AT']);
    const [head, ...bindings] = rows(await team().run('get rolebindings -o wide'));
    expect(head).toEqual(['NAME', 'ROLE', 'AGE', 'USERS', 'GROUPS', 'SERVICEACCOUNTS']);
    const readers = bindings.find(([name]) => name === 'readers');
    expect(readers).toEqual(['readers', 'Role/reader', expect.any(String), 'ann', 'access-team/robot']);
  });
}
