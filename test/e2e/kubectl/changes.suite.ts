import { describe, expect, test } from 'vitest';
import type { Deployment } from '../../../api/apps/deployment.ts';
import type { PriorityClass } from '../../../api/scheduling/priority-class.ts';
import { type Desk, rows } from './desk.ts';

/** The verbs that create and change objects one by one. */
export function changes(desk: () => Desk): void {
  describe('create', () => {
    test('namespace, configmap, secret, serviceaccount and priorityclass', async () => {
      const { namespace } = desk();
      const other = `${namespace}-made`;
      expect(await desk().run(`create namespace ${other}`)).toBe(`namespace/${other} created\n`);
      expect(await desk().value(`get namespace ${other}`, '.status.phase')).toBe('Active');
      expect(await desk().run('create configmap made --from-literal=a=1 --from-literal=b=2')).toBe(
        'configmap/made created\n',
      );
      expect(await desk().value('get cm made', '.data')).toBe('{"a":"1","b":"2"}');
      expect(await desk().run('create secret generic made --from-literal=key=välue')).toBe('secret/made created\n');
      const secret = await desk().json<{ type: string; data: { key: string } }>('get secret made');
      expect(secret.type).toBe('Opaque');
      expect(Buffer.from(secret.data.key, 'base64').toString()).toBe('välue');
      expect(await desk().run('create serviceaccount made')).toBe('serviceaccount/made created\n');
      const name = `${namespace}-high`;
      expect(
        await desk().run(`create priorityclass ${name} --value=1234 --preemption-policy=Never --description=made`),
      ).toBe(`priorityclass.scheduling.k8s.io/${name} created\n`);
      expect(await desk().json<PriorityClass>(`get priorityclass ${name}`)).toMatchObject({
        value: 1234,
        preemptionPolicy: 'Never',
        description: 'made',
      });
      expect(await desk().run(`delete priorityclass/${name} namespace/${other}`)).toBe(
        `priorityclass.scheduling.k8s.io "${name}" deleted\nnamespace "${other}" deleted\n`,
      );
    });

    test('deployment and job', async () => {
      expect(await desk().run('create deployment made --image=some/image:1 --replicas=0 --port=80')).toBe(
        'deployment.apps/made created\n',
      );
      const made = await desk().json<Deployment>('get deployment made');
      expect(made.spec).toMatchObject({ replicas: 0, selector: { matchLabels: { app: 'made' } } });
      expect(made.spec!.template!.spec!.containers).toMatchObject([
        { name: 'image', image: 'some/image:1', ports: [{ containerPort: 80, protocol: 'TCP' }] },
      ]);
      const job = await desk().run(
        'create job made --image=some/image:1 --dry-run=server -o',
        'jsonpath={.spec.backoffLimit} {.metadata.name}',
        '--',
        'echo',
        'a b',
      );
      expect(job).toBe('6 made');
    });

    test('what is there already is refused', async () => {
      await desk().run('create configmap twice');
      const again = await desk().try('create configmap twice');
      expect(again).toMatchObject({
        code: 1,
        stderr: 'error: failed to create configmap: configmaps "twice" already exists\n',
      });
      const file = await desk().try('create -f -', [], {
        input: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"twice"}}',
      });
      expect(file.stderr).toBe(
        'Error from server (AlreadyExists): error when creating "STDIN": configmaps "twice" already exists\n',
      );
    });
  });

  describe('patch and edit', () => {
    test('JSON, merge and strategic patches each by their own rules', async () => {
      await desk().run('create configmap patched --from-literal=a=1 --from-literal=b=2');
      const json = '[{"op":"test","path":"/data/a","value":"1"},{"op":"replace","path":"/data/a","value":"3"}]';
      expect(await desk().run('patch cm patched --type=json -p', json)).toBe('configmap/patched patched\n');
      expect(await desk().run('patch cm patched --type=merge -p', '{"data":{"b":null,"c":"4"}}')).toBe(
        'configmap/patched patched\n',
      );
      expect(await desk().value('get cm patched', '.data')).toBe('{"a":"3","c":"4"}');
      expect(await desk().run('patch cm patched --type=merge -p', '{"data":{"c":"4"}}')).toBe(
        'configmap/patched patched (no change)\n',
      );
      const refused = await desk().try('patch cm patched --type=json -p', [json]);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/^The request is invalid: .*test/);
    });

    test('a strategic patch merges containers by name and environment by name', async () => {
      await desk().run('create deployment merged --image=some/image:1 --replicas=0');
      const containers = (env: object[]) =>
        JSON.stringify({ spec: { template: { spec: { containers: [{ name: 'image', env }] } } } });
      await desk().run(
        'patch deployment merged -p',
        containers([
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ]),
      );
      await desk().run(
        'patch deployment merged -p',
        containers([
          { name: 'A', value: '3' },
          { name: 'B', $patch: 'delete' },
        ]),
      );
      const { spec } = await desk().json<Deployment>('get deployment merged');
      expect(spec!.template!.spec!.containers).toMatchObject([
        { name: 'image', image: 'some/image:1', env: [{ name: 'A', value: '3' }] },
      ]);
    });

    test('edit', async () => {
      await desk().run('create configmap edited --from-literal=word=before');
      const edited = await desk().try('edit configmap edited', [], { env: { KUBE_EDITOR: 'sed -i s/before/after/' } });
      expect(edited).toMatchObject({ code: 0, stdout: 'configmap/edited edited\n' });
      expect(await desk().value('get cm edited', '.data.word')).toBe('after');
      const idle = await desk().try('edit configmap edited', [], { env: { KUBE_EDITOR: 'true' } });
      expect(idle.stderr).toContain('Edit cancelled, no changes made.');
    });
  });

  describe('label, annotate and set', () => {
    test('add, refuse, overwrite, remove', async () => {
      await desk().run('create configmap marked');
      expect(await desk().run('label cm marked tier=one')).toBe('configmap/marked labeled\n');
      expect(await desk().run('label cm marked tier=one')).toBe('configmap/marked not labeled\n');
      const refused = await desk().try('label cm marked tier=two');
      expect(refused.stderr).toBe("error: 'tier' already has a value (one), and --overwrite is false\n");
      expect(await desk().run('label cm marked tier=two --overwrite')).toBe('configmap/marked labeled\n');
      expect(await desk().run('annotate cm marked note=some-text')).toBe('configmap/marked annotated\n');
      expect(await desk().value('get cm marked', '.metadata.labels')).toBe('{"tier":"two"}');
      expect(await desk().value('get cm marked', '.metadata.annotations')).toBe('{"note":"some-text"}');
      expect(await desk().run('annotate cm marked note=other --overwrite')).toBe('configmap/marked annotated\n');
      expect(await desk().value('get cm marked', '.metadata.annotations.note')).toBe('other');
      expect(await desk().run('annotate cm marked note-')).toBe('configmap/marked annotated\n');
      expect(await desk().run('label cm marked tier-')).toBe('configmap/marked unlabeled\n');
      expect(await desk().value('get cm marked', '.metadata.labels}{.metadata.annotations')).toBe('');
    });

    test('a label no label can be', async () => {
      await desk().run('create configmap unmarked');
      const refused = await desk().try('patch cm unmarked --type=merge -p', [
        '{"metadata":{"labels":{"a":"no spaces"}}}',
      ]);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(
        /^The ConfigMap "unmarked" is invalid: metadata\.labels: Invalid value: "no spaces": /,
      );
    });
  });

  describe('delete', () => {
    const three = async (label: string) => {
      for (const name of ['x', 'y', 'z']) {
        await desk().apply({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: `${label}-${name}`, labels: { gone: name === 'z' ? 'no' : label } },
        });
      }
    };

    test('by name, by label and all', async () => {
      const { namespace } = desk();
      await three('rid');
      const line = (name: string) => `configmap "${name}" deleted from ${namespace} namespace\n`;
      expect(await desk().run('delete cm -l gone=rid')).toBe(line('rid-x') + line('rid-y'));
      expect(await desk().run('delete cm/rid-z')).toBe(line('rid-z'));
      expect((await desk().try('delete cm rid-z')).stderr).toBe(
        'Error from server (NotFound): configmaps "rid-z" not found\n',
      );
      const other = desk().in(`${namespace}-emptied`);
      await other.run(`create namespace ${other.namespace}`);
      await other.run('create configmap one');
      await other.run('create configmap two');
      await other.run('delete cm --all');
      expect(await other.run('get cm one two --ignore-not-found -o name')).toBe('');
      await other.run(`delete namespace ${other.namespace} --wait=false`);
    });

    test('--dry-run=server deletes nothing', async () => {
      await desk().run('create configmap stays');
      expect(await desk().run('delete cm stays --dry-run=server')).toBe(
        `configmap "stays" deleted from ${desk().namespace} namespace (server dry run)\n`,
      );
      expect(await desk().run('get cm stays -o name')).toBe('configmap/stays\n');
    });

    test('a finalizer holds what is deleted until it is taken off', async () => {
      await desk().apply({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'held', finalizers: ['stowage.dev/test'] },
      });
      await desk().run('delete cm held --wait=false');
      expect(await desk().value('get cm held', '.metadata.deletionTimestamp')).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}Z$/);
      await desk().run('patch cm held --type=merge -p', '{"metadata":{"finalizers":null}}');
      await desk().run('wait --for=delete cm/held --timeout=10s');
      expect((await desk().try('get cm held')).stderr).toContain('NotFound');
    });

    test('--cascade: orphan leaves the children, foreground takes them first', async () => {
      await desk().run('create deployment parent --image=some/image:1 --replicas=0');
      await desk().run('wait --for=create replicaset -l app=parent --timeout=20s');
      const [[child] = []] = rows(await desk().run('get rs -l app=parent --no-headers'));
      await desk().run('delete deployment parent --cascade=orphan');
      expect(await desk().value(`get rs ${child}`, '.metadata.ownerReferences')).toBe('');
      await desk().run('create deployment parent --image=some/image:1 --replicas=0');
      await desk().run(
        'wait --for=jsonpath={.metadata.ownerReferences[0].kind}=Deployment',
        `rs/${child}`,
        '--timeout=20s',
      );
      await desk().run('delete deployment parent --cascade=foreground --timeout=30s');
      expect(await desk().run('get deployment,rs -l app=parent -o name')).toBe('');
    });
  });
}
