import { expect } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Chapter, Session } from './session.ts';

const configMap = (name: string, data: object, labels?: object) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data,
});

/** A kustomization of a configmap and of one that it generates; the path of its directory. */
async function kustomization(s: Session, directory: string, word: string): Promise<string> {
  await s.file(`${directory}/base.yaml`, configMap(`${directory}-plain`, { word }));
  const generator = { name: `${directory}-made`, literals: [`word=${word}`], options: { disableNameSuffixHash: true } };
  const path = await s.file(`${directory}/kustomization.yaml`, {
    resources: ['base.yaml'],
    labels: [{ pairs: { kit: directory } }],
    configMapGenerator: [generator],
  });
  return path.replace(/\/[^/]*$/, '');
}

/** apply in all its ways, diff and kustomize. */
export const applying: Chapter = {
  async 'apply -f'(s) {
    const file = await s.file('applied/one.json', configMap('applied', { mode: 'slow', left: 'out' }));
    await s.says(`apply -f ${file}`, 'configmap/applied created');
    await s.says(`apply -f ${file}`, 'configmap/applied unchanged');
    await s.file('applied/one.json', configMap('applied', { mode: 'fast' }));
    await s.file('applied/deeper/two.yml', configMap('applied-two', {}));
    await s.says(`apply -f ${file} --dry-run=server`, 'configmap/applied configured (server dry run)');
    await s.says(`apply -f ${file} --dry-run=client`, 'configmap/applied configured (dry run)');
    await s.says(`apply -R -f ${s.directory}/applied`, 'configmap/applied-two created\nconfigmap/applied configured');
    await s.holds('cm applied', '.data', '{"mode":"fast"}');
    await s.says('apply view-last-applied cm/applied -o json', /"mode": "fast"/);
    await s.says(`apply view-last-applied -f ${file}`, /mode: fast/);
    await s.says(
      `apply set-last-applied -f ${await s.file('last.json', configMap('applied', { mode: 'last' }))}`,
      'configmap/applied configured',
    );
    await s.says('apply edit-last-applied cm/applied', 'configmap/applied edited', {
      env: { EDITOR: 'sed -i s/last$/edited/' },
    });
    await s.says('apply view-last-applied cm applied', /mode: edited/);
    await s.ask('create cm bare');
    await s.says('apply view-last-applied cm bare', '');
    const { stderr } = await s.type('apply -f -', { input: JSON.stringify(configMap('bare', { a: '1' })) });
    expect(stderr).toContain(
      'resource configmaps/bare is missing the kubectl.kubernetes.io/last-applied-configuration annotation',
    );
    await s.refused('apply -f -', /unknown field "dat"/, { input: { ...configMap('odd', {}), dat: {} } });
    await s.says('apply -f - --wait --timeout=5s -o name', 'configmap/applied', {
      input: configMap('applied', { a: '1' }),
    });
  },

  async 'apply --force, where a field cannot change'(s) {
    const fixed = (value: string) => ({ ...configMap('fixed', { a: value }), immutable: true });
    await s.says('apply -f -', 'configmap/fixed created', { input: fixed('1') });
    await s.refused(
      'apply -f -',
      /^The ConfigMap "fixed" is invalid: data: Forbidden: field is immutable when `immutable` is set$/m,
      { input: fixed('2') },
    );
    await s.says('apply --force -f -', 'configmap/fixed configured', { input: fixed('2') });
    await s.holds('cm fixed', '.data.a', '2');
  },

  async 'apply --server-side'(s) {
    const apply = (data: object, flags: string) =>
      [`apply --server-side ${flags} -f -`, { input: configMap('shared', data) }] as const;
    const [line, first] = apply({ a: '1', b: '1' }, '--field-manager=one');
    await s.says(line, 'configmap/shared serverside-applied', first);
    const [clash, second] = apply({ a: '2' }, '--field-manager=two');
    await s.refused(clash, /^error: Apply failed with 1 conflict: conflict with "one": \.data\.a$/m, second);
    await s.says(`${clash} --force-conflicts`, 'configmap/shared serverside-applied', second);
    const [without, third] = apply({}, '--field-manager=one');
    await s.says(without, 'configmap/shared serverside-applied', third);
    await s.holds('cm shared', '.data', '{"a":"2"}');
    await s.says(`${without} --dry-run=server`, 'configmap/shared serverside-applied (server dry run)', third);
    await s.says('get cm shared -o yaml --show-managed-fields', [/^ {4}manager: two$/m, /^ {4}operation: Apply$/m]);
    const goes = configMap('goes-over', { a: '1' });
    await s.ask('apply -f -', { input: goes });
    await s.says('apply --server-side -f -', 'configmap/goes-over serverside-applied', {
      input: configMap('goes-over', { b: '2' }),
    });
    await s.holds('cm goes-over', '.data', '{"b":"2"}');
  },

  async 'apply --prune, by label and by set'(s) {
    const both = [configMap('kept', { a: '1' }, { prune: 'me' }), configMap('dropped', {}, { prune: 'me' })];
    const list = (items: object[]) => ({ input: { apiVersion: 'v1', kind: 'List', items } });
    const prune = 'apply --prune -l prune=me --prune-allowlist=core/v1/ConfigMap -f -';
    await s.says(prune, 'configmap/kept created\nconfigmap/dropped created', list(both));
    await s.says(prune, 'configmap/kept unchanged\nconfigmap/dropped pruned', list(both.slice(0, 1)));
    await s.lacks('configmap/dropped');

    const env = { KUBECTL_APPLYSET: 'true' };
    await s.says('create secret generic together --dry-run=client -o name', 'secret/together');
    const set = `apply --prune --applyset=together -f -`;
    const items = (...names: string[]) => ({ ...list(names.map((name) => configMap(name, { a: '1' }))), env });
    await s.says(set, /^configmap\/in-set created\nconfigmap\/out-of-set created$/m, items('in-set', 'out-of-set'));
    await s.says(set, [/^configmap\/in-set unchanged$/m, /^configmap\/out-of-set pruned$/m], items('in-set'));
    await s.lacks('configmap/out-of-set');
    await s.holds(
      'secret together',
      '.metadata.annotations',
      /"applyset\.kubernetes\.io\/contains-group-kinds":"ConfigMap"/,
    );
    const served = `apply --server-side --prune --applyset=configmaps/holder -f -`;
    await s.says(served, 'configmap/by-server serverside-applied', items('by-server'));
    await s.says(
      served,
      [/^configmap\/instead serverside-applied$/m, /^configmap\/by-server pruned$/m],
      items('instead'),
    );
  },

  async 'apply -k, diff -k, delete -k and kustomize'(s) {
    const kit = await kustomization(s, 'kit', 'one');
    const documents = parseAllDocuments(await s.ask(`kustomize ${kit}`)).map((document) => document.toJS());
    expect(documents.map(({ metadata }) => metadata.name)).toEqual(['kit-made', 'kit-plain']);
    await s.says(`create -k ${kit} --dry-run=server`, /^configmap\/kit-made created \(server dry run\)$/m);
    await s.says(`apply -k ${kit}`, 'configmap/kit-made created\nconfigmap/kit-plain created');
    await s.says(`get -k ${kit} -o name`, 'configmap/kit-made\nconfigmap/kit-plain');
    await s.says(`describe -k ${kit}`, /^Name: +kit-plain$/m);
    await s.says(`diff -k ${kit}`, '');
    await kustomization(s, 'kit', 'two');
    const { code, stdout } = await s.type(`diff -k ${kit}`);
    expect([code, stdout.match(/^[-+] {2}word: .*$/gm)]).toEqual([
      1,
      ['-  word: one', '+  word: two', '-  word: one', '+  word: two'],
    ]);
    await s.says(`apply --server-side --force-conflicts -k ${kit}`, /^configmap\/kit-made serverside-applied$/m);
    await s.says(`label -k ${kit} more=yes`, /^configmap\/kit-plain labeled$/m);
    await s.says(`delete -k ${kit}`, s.deleted('configmap "kit-made"', 'configmap "kit-plain"'));
  },

  async diff(s) {
    const differing = (value: string) => ({ input: configMap('differing', { a: value }) });
    await s.ask('apply -f -', differing('1'));
    await s.says('diff -f -', '', differing('1'));
    for (const flags of ['', ' --server-side --force-conflicts', ' --field-manager=me --show-managed-fields=false']) {
      const { code, stdout, stderr } = await s.type(`diff -f -${flags}`, {
        input: JSON.stringify(differing('2').input),
      });
      expect([code, stderr]).toEqual([1, '']);
      expect(stdout).toMatch(/^- {2}a: "1"\n\+ {2}a: "2"$/m);
    }
    const fresh = await s.type('diff -f -', { input: JSON.stringify(configMap('fresh', { b: '1' })) });
    expect([fresh.code, /^\+ {2}name: fresh$/m.test(fresh.stdout)]).toEqual([1, true]);
    await s.ask('apply -f -', { input: configMap('superfluous', {}, { diff: 'me' }) });
    const pruned = await s.type('diff --prune -l diff=me --prune-allowlist=core/v1/ConfigMap -f -', {
      input: JSON.stringify(configMap('another', {}, { diff: 'me' })),
    });
    expect(pruned.stdout).toMatch(/^- {2}name: superfluous$/m);
    await s.holds('cm differing', '.data.a', '1');
    await s.lacks('configmap/fresh');
  },
};
