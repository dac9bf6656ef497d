import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { eventually } from '../../eventually.ts';
import { type Desk, rows } from './desk.ts';

const configMap = (name: string, data: Record<string, string>, labels?: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data,
});

/** Objects without pods: apply and get in all their forms. */
export function objects(desk: () => Desk): void {
  describe('apply', () => {
    test('says created, unchanged and configured, and prunes what was left out', async () => {
      const settings = configMap('settings', { mode: 'slow', left: 'out' });
      expect(await desk().apply(settings)).toBe('configmap/settings created\n');
      expect(await desk().apply(settings)).toBe('configmap/settings unchanged\n');
      expect(await desk().apply(configMap('settings', { mode: 'fast' }))).toBe('configmap/settings configured\n');
      expect(await desk().value('get configmap settings', '.data')).toBe('{"mode":"fast"}');
    });

    test('several documents of YAML, and deleting by the same file', async () => {
      const documents = ['one', 'two']
        .map((name) => JSON.stringify(configMap(`yaml-${name}`, { a: 'b' })))
        .join('\n---\n');
      expect(await desk().apply(documents)).toBe('configmap/yaml-one created\nconfigmap/yaml-two created\n');
      const { namespace } = desk();
      expect(await desk().feed('delete -f -', documents)).toBe(
        `configmap "yaml-one" deleted from ${namespace} namespace\nconfigmap "yaml-two" deleted from ${namespace} namespace\n`,
      );
    });

    test('--dry-run=server changes nothing', async () => {
      const fresh = await desk().feed('apply -f - --dry-run=server', configMap('phantom', { a: 'b' }));
      expect(fresh).toBe('configmap/phantom created (server dry run)\n');
      expect((await desk().try('get configmap phantom')).stderr).toBe(
        'Error from server (NotFound): configmaps "phantom" not found\n',
      );
      await desk().apply(configMap('dry', { mode: 'slow' }));
      const changed = await desk().feed(
        'apply -f - --dry-run=server -o jsonpath={.data.mode}',
        configMap('dry', { mode: 'x' }),
      );
      expect(changed).toBe('x');
      expect(await desk().value('get configmap dry', '.data.mode')).toBe('slow');
    });

    test('diff shows the lines that would change, and nothing when none would', async () => {
      await desk().apply(configMap('differs', { mode: 'slow' }));
      const same = await desk().try('diff -f -', [], { input: JSON.stringify(configMap('differs', { mode: 'slow' })) });
      expect(same).toMatchObject({ code: 0, stdout: '' });
      const other = await desk().try('diff -f -', [], {
        input: JSON.stringify(configMap('differs', { mode: 'fast' })),
      });
      expect(other.code).toBe(1);
      expect(other.stdout).toMatch(/^- {2}mode: slow$/m);
      expect(other.stdout).toMatch(/^\+ {2}mode: fast$/m);
      expect(other.stdout).not.toMatch(/^[-+] {2}(uid|resourceVersion|creationTimestamp)/m);
    });
  });

  describe('get', () => {
    const shelf = ['a', 'b', 'c', 'd', 'e'];
    const fill = () =>
      desk().apply({
        apiVersion: 'v1',
        kind: 'List',
        items: shelf.map((name, index) =>
          configMap(`shelf-${name}`, { rank: String(9 - index) }, { shelf: index % 2 ? 'odd' : 'even' }),
        ),
      });

    test('-l, --field-selector and -o name', async () => {
      await fill();
      expect(await desk().run('get configmaps -l shelf=odd -o name')).toBe('configmap/shelf-b\nconfigmap/shelf-d\n');
      expect(await desk().run('get cm -l', 'shelf in (even),shelf!=odd', '-o', 'name')).toBe(
        'configmap/shelf-a\nconfigmap/shelf-c\nconfigmap/shelf-e\n',
      );
      expect(await desk().run('get cm -l shelf --field-selector metadata.name!=shelf-a --no-headers -o name')).toBe(
        shelf
          .slice(1)
          .map((name) => `configmap/shelf-${name}\n`)
          .join(''),
      );
      const refused = await desk().try('get cm --field-selector data.rank=1');
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(
        /^Error from server \(BadRequest\): .*"data\.rank" is not a known field selector: only "metadata\.name", "metadata\.namespace"/,
      );
    });

    test('-o json, yaml, jsonpath and custom-columns agree', async () => {
      await fill();
      const object = await desk().json<{ kind: string; apiVersion: string; data: unknown }>('get cm shelf-a');
      expect(object).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', data: { rank: '9' } });
      expect(parse(await desk().run('get cm shelf-a -o yaml'))).toEqual(object);
      const list = await desk().json<{ kind: string; items: unknown[] }>('get cm -l shelf');
      expect(list.kind).toBe('List');
      expect(list.items).toHaveLength(5);
      expect(await desk().value('get cm -l shelf', '.items[*].metadata.name')).toBe(
        shelf.map((name) => `shelf-${name}`).join(' '),
      );
      expect(
        rows(await desk().run('get cm -l shelf=odd -o custom-columns=NAME:.metadata.name,RANK:.data.rank')),
      ).toEqual([
        ['NAME', 'RANK'],
        ['shelf-b', '8'],
        ['shelf-d', '6'],
      ]);
    });

    test('the table: -o wide, -L, --show-labels, -A', async () => {
      await fill();
      expect(rows(await desk().run('get cm -l shelf=odd -L shelf'))).toEqual([
        ['NAME', 'DATA', 'AGE', 'SHELF'],
        ['shelf-b', '1', expect.stringMatching(/^\d+s$/), 'odd'],
        ['shelf-d', '1', expect.stringMatching(/^\d+s$/), 'odd'],
      ]);
      expect(await desk().run('get cm shelf-a --show-labels')).toMatch(
        /^NAME +DATA +AGE +LABELS\nshelf-a +1 +\d+s +shelf=even\n$/,
      );
      expect(await desk().run('get cm shelf-a -o wide')).toMatch(/^NAME +DATA +AGE\nshelf-a +1 +\d+s\n$/);
      const everywhere = rows(await desk().run('get namespaces,configmaps -A'));
      expect(everywhere[0]).toEqual(['NAME', 'STATUS', 'AGE']);
      expect(everywhere).toContainEqual([`namespace/${desk().namespace}`, 'Active', expect.any(String)]);
      expect(everywhere).toContainEqual(['NAMESPACE', 'NAME', 'DATA', 'AGE']);
      expect(everywhere).toContainEqual([desk().namespace, 'configmap/shelf-a', '1', expect.any(String)]);
    });

    test('--sort-by, and pages of two', async () => {
      await fill();
      expect(await desk().run('get cm -l shelf --sort-by=.data.rank -o name')).toBe(
        [...shelf]
          .reverse()
          .map((name) => `configmap/shelf-${name}\n`)
          .join(''),
      );
      const { stdout, stderr } = await desk().try('get cm -l shelf --chunk-size=2 --no-headers -v=6');
      expect(rows(stdout).map(([name]) => name)).toEqual(shelf.map((name) => `shelf-${name}`));
      const requests = [...stderr.matchAll(/configmaps\?[^"\s]*/g)].map(([url]) => url);
      expect(requests).toHaveLength(3);
      expect(requests.map((url) => url.includes('continue='))).toEqual([false, true, true]);
      expect(requests.every((url) => url.includes('limit=2'))).toBe(true);
    });

    test('nothing there', async () => {
      expect(await desk().try('get cm -l shelf=none')).toMatchObject({
        code: 0,
        stdout: '',
        stderr: `No resources found in ${desk().namespace} namespace.\n`,
      });
      expect(await desk().try('get cm nobody --ignore-not-found')).toMatchObject({ code: 0, stdout: '', stderr: '' });
      expect((await desk().try('get gadgets')).stderr).toBe(
        'error: the server doesn\'t have a resource type "gadgets"\n',
      );
    });

    test('-w tells of each change', async () => {
      await desk().apply(configMap('watched', { v: '1' }, { watched: 'yes' }));
      const watch = desk().start('get cm -l watched=yes -w --output-watch-events --no-headers');
      try {
        const seen = () => rows(watch.stdout).map(([event, name, count]) => [event, name, count].join(' '));
        await eventually('the first line', () => seen().includes('ADDED watched 1'));
        await desk().run('patch cm watched -p', '{"data":{"w":"2"}}');
        await eventually('the change', () => seen().includes('MODIFIED watched 2'));
        await desk().apply(configMap('watched-too', {}, { watched: 'yes' }));
        await eventually('the newcomer', () => seen().includes('ADDED watched-too 0'));
        await desk().run('label cm watched watched=no --overwrite');
        await eventually('one that matches no more', () => seen().includes('DELETED watched 2'));
        await desk().run('delete cm watched-too');
        await eventually('the deletion', () => seen().includes('DELETED watched-too 0'));
        expect(seen()).toHaveLength(5);
      } finally {
        await watch.end('SIGINT');
      }
    });

    test('-w of one object begins with it', async () => {
      await desk().apply(configMap('single', { v: '1' }));
      const watch = desk().start('get cm single -w -o jsonpath={.data.v},');
      try {
        await eventually('the object', () => watch.stdout === '1,');
        await desk().apply(configMap('single', { v: '2' }));
        await eventually('its change', () => watch.stdout === '1,2,');
      } finally {
        await watch.end('SIGINT');
      }
    });
  });
}
