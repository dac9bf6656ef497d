import { expect } from 'vitest';
import { TEST_IMAGE } from '../../docker.ts';
import { deployment } from '../kubectl/manifests.ts';
import type { Chapter, Session } from './session.ts';

const still = (s: Session, name: string, flags = '') =>
  s.ask(`create deployment ${name} --image=${TEST_IMAGE} --replicas=0 ${flags}`.trim());
const CONTAINERS = '.spec.template.spec.containers';
/** An editor that does as `script` says; kubectl keeps what could not be saved in the session's directory. */
const edited = (s: Session, script: string) => ({ env: { EDITOR: `sed -i ${script}`, TMPDIR: s.directory } });

/** Every verb that changes an object that is there. Nothing runs. */
export const changing: Chapter = {
  async patch(s) {
    await s.ask('create cm bits --from-literal=a=1 --from-literal=b=2');
    await s.says(
      `patch cm bits --type=json -p '[{"op":"test","path":"/data/a","value":"1"},{"op":"remove","path":"/data/a"}]'`,
      'configmap/bits patched',
    );
    await s.says(`patch cm bits --type=merge -p '{"data":{"b":null,"c":"4"}}'`, 'configmap/bits patched');
    await s.says(`patch cm bits -p '{"data":{"c":"4"}}'`, 'configmap/bits patched (no change)');
    await s.holds('cm bits', '.data', '{"c":"4"}');
    const file = await s.file('patch.yaml', 'data:\n  d: five\n');
    await s.says(`patch cm/bits --patch-file=${file} -o 'jsonpath={.data}'`, '{"c":"4","d":"five"}');
    await s.says(`patch cm bits --dry-run=server -p '{"data":{"c":"9"}}' -o 'jsonpath={.data.c}'`, '9');
    await s.says(`patch --local -f - -p '{"data":{"c":"9"}}' -o 'jsonpath={.data.c}'`, '9', {
      input: await s.ask('get cm bits -o json'),
    });
    await s.holds('cm bits', '.data.c', '4');
    await s.refused(
      `patch cm bits --type=json -p '[{"op":"test","path":"/data/c","value":"1"}]'`,
      /^The request is invalid: .*test/,
    );
    await s.refused(`patch cm bits -p '{"data":{"c":[]}}'`, /data\.c|cannot unmarshal|Invalid/);
    await s.refused(`patch cm none -p '{}'`, 'Error from server (NotFound): configmaps "none" not found');
  },

  async 'patch: strategic, and subresources'(s) {
    await still(s, 'parts');
    const env = (...list: object[]) =>
      JSON.stringify({ spec: { template: { spec: { containers: [{ name: 'busybox', env: list }] } } } });
    const nowhere = { spec: { template: { spec: { nodeSelector: { nowhere: 'true' } } } } };
    await s.ask(`patch deployment parts -p '${JSON.stringify(nowhere)}'`);
    await s.ask(`patch deployment parts -p '${env({ name: 'A', value: '1' }, { name: 'B', value: '2' })}'`);
    await s.ask(`patch deployment parts -p '${env({ name: 'A', value: '3' }, { name: 'B', $patch: 'delete' })}'`);
    await s.holds('deployment parts', `${CONTAINERS}[*].env`, '[{"name":"A","value":"3"}]');
    await s.says(
      `patch deployment parts --subresource=scale --type=merge -p '{"spec":{"replicas":2}}'`,
      'scale.autoscaling/parts patched',
    );
    await s.holds('deployment parts', '.spec.replicas', '2');
    await s.ask('patch deployment parts --subresource=scale --type=merge -p {"spec":{"replicas":0}}');
    await s.says('get deployment parts --subresource=scale', [
      /^NAME +DESIRED +AVAILABLE +AGE$/m,
      /^parts +0 +\d +\d+s$/m,
    ]);
    await s.ask('create quota counted --hard=pods=3');
    await s.says(
      `patch quota counted --subresource=status -p '{"status":{"used":{"other":"1"}}}'`,
      'resourcequota/counted patched',
    );
    await s.says('get quota counted --subresource=status -o name', 'resourcequota/counted');
    await s.ask('delete quota counted');
  },

  async edit(s) {
    await s.ask('create cm word --from-literal=word=before');
    await s.says('edit cm word', 'configmap/word edited', edited(s, 's/before/after/'));
    await s.holds('cm word', '.data.word', 'after');
    await s.says('edit cm word -o json', /"word": "later"/, edited(s, 's/after/later/'));
    const idle = await s.type('edit cm word', { env: { EDITOR: 'true' } });
    expect(idle).toMatchObject({ code: 0, stderr: 'Edit cancelled, no changes made.\n' });
    await s.says(
      'edit cm word --output-patch',
      [/^Patch: \{"data":\{"word":"last"\}\}$/m, /edited$/m],
      edited(s, 's/later/last/'),
    );
    await s.refused(
      'edit cm word',
      /^error: configmaps "word" could not be patched: .* cannot unmarshal array/m,
      edited(s, 's/word:.last/word:\\ []/'),
    );
    await still(s, 'scaled');
    await s.says('edit deployment scaled --subresource=status', /edited$/m, { env: { EDITOR: await editor(s) } });
    await s.holds('deployment scaled', '.status.collisionCount', '3');
  },

  async 'label and annotate'(s) {
    await s.ask('create cm marked');
    await s.says('label cm marked tier=one part=x', 'configmap/marked labeled');
    await s.says('label cm marked tier=one', 'configmap/marked not labeled');
    await s.refused('label cm marked tier=two', `error: 'tier' already has a value (one), and --overwrite is false`);
    await s.says('label cm marked tier=two --overwrite --field-manager=me', 'configmap/marked labeled');
    await s.says(
      'label cm marked --list',
      'tier=two\npart=x'.split('\n').map((line) => new RegExp(`^ *${line}$`, 'm')),
    );
    await s.says('label cm -l tier=two tier-', 'configmap/marked unlabeled');
    await s.says('label cm marked new=label --dry-run=server', 'configmap/marked labeled (server dry run)');
    await s.refused('label cm marked no=good!', /Invalid value|invalid label value/);
    await s.refused('label cm marked a=b --resource-version=1', /Conflict|has been modified/);
    await s.says(`annotate cm marked note='some text' other=1`, 'configmap/marked annotated');
    await s.says('annotate cm marked note=changed --overwrite', 'configmap/marked annotated');
    await s.says('annotate cm/marked other-', 'configmap/marked annotated');
    await s.says('annotate cm marked --list', /^ *note=changed$/m);
    await s.holds('cm marked', '.metadata.labels}{.metadata.annotations', '{"part":"x"}{"note":"changed"}');
    await s.says('annotate -f - by=file --overwrite', 'configmap/marked annotated', {
      input: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'marked' } },
    });
  },

  async set(s) {
    await still(s, 'setting');
    const said = (what: string) => `deployment.apps/setting ${what} updated`;
    await s.says('set image deployment/setting busybox=some/image:2', said('image'));
    await s.says(
      'set image deployment/setting *=some/image:3 --dry-run=server',
      'deployment.apps/setting image updated (server dry run)',
    );
    await s.says('set env deployment/setting A=1 B=2', said('env'));
    await s.says('set env deployment/setting A- C=3', said('env'));
    await s.ask('create cm given --from-literal=key=value');
    await s.says('set env deployment/setting --from=configmap/given --prefix=GIVEN_', said('env'));
    await s.says('set env deployment/setting --list', [/^B=2$/m, /^# GIVEN_KEY from configmap given, key key$/m]);
    await s.says('set env deployment/setting --list --resolve', /^GIVEN_KEY=value$/m);
    await s.says(
      'set resources deployment setting --limits=cpu=200m,memory=64Mi --requests=cpu=10m',
      'deployment.apps/setting resource requirements updated',
    );
    await s.holds(
      'deployment setting',
      `${CONTAINERS}[0].image}{${CONTAINERS}[0].env[*].name}{${CONTAINERS}[0].resources`,
      'some/image:2B C GIVEN_KEY{"limits":{"cpu":"200m","memory":"64Mi"},"requests":{"cpu":"10m"}}',
    );
    await s.ask('create sa setter');
    await s.says('set serviceaccount deployment setting setter', said('serviceaccount'));
    await s.holds('deployment setting', '.spec.template.spec.serviceAccountName', 'setter');
    await s.ask('create service clusterip chosen --tcp=80');
    await s.says('set selector service chosen tier=x', 'service/chosen selector updated');
    await s.holds('service chosen', '.spec.selector', '{"tier":"x"}');
    await s.ask('create rolebinding subjects --clusterrole=view --user=ann');
    await s.says(
      'set subject rolebinding subjects --user=bob --group=team',
      'rolebinding.rbac.authorization.k8s.io/subjects subjects updated',
    );
    await s.holds('rolebinding subjects', '.subjects[*].name', 'ann bob team');
    await s.says('set image -f - --local busybox=x/y:1 -o jsonpath={..image}', 'x/y:1', {
      input: await s.ask('get deployment setting -o json'),
    });
  },

  async 'scale and autoscale'(s) {
    await still(s, 'sized');
    await s.says('rollout pause deployment sized', 'deployment.apps/sized paused');
    await s.refused(
      'scale deployment sized --current-replicas=7 --replicas=1',
      'error: Expected replicas to be 7, was 0',
    );
    await s.says('scale deployment sized --current-replicas=0 --replicas=0', 'deployment.apps/sized scaled');
    await s.says('scale -f - --replicas=0', 'deployment.apps/sized scaled', { input: deployment('sized', 0) });
    await s.says(
      'scale deployment -l app=sized --replicas=3 --dry-run=server',
      'deployment.apps/sized scaled (server dry run)',
    );
    await s.holds('deployment sized', '.spec.replicas', '0');
    await s.refused('scale sa default --replicas=1', /could not find|NotFound|no(t| ) .*scal/i);
    await s.says(
      'autoscale deployment sized --min=1 --max=4 --cpu-percent=70',
      'horizontalpodautoscaler.autoscaling/sized autoscaled',
    );
    await s.holds(
      'hpa sized',
      '.spec.maxReplicas}{.spec.metrics[0].resource',
      '4{"name":"cpu","target":{"averageUtilization":70,"type":"Utilization"}}',
    );
    await s.holds('horizontalpodautoscalers.v1.autoscaling sized', '.spec.targetCPUUtilizationPercentage', '70');
    await s.says('get hpa sized', [
      /^NAME +REFERENCE +TARGETS +MINPODS +MAXPODS +REPLICAS +AGE$/m,
      /^sized +Deployment\/sized +\S.*70% +1 +4 +\d /m,
    ]);
    await s.says('describe hpa sized', [/^Reference: +Deployment\/sized$/m, /^Max replicas: +4$/m]);
    await s.refused(
      'autoscale deployment sized --max=4 --cpu-percent=70',
      /already exists|incompatible with autoscaling\/v1/,
    );
    await s.ask('delete hpa,deployment sized');
  },

  async replace(s) {
    await s.ask('create cm swapped --from-literal=a=1');
    const object = JSON.parse(await s.ask('get cm swapped -o json'));
    await s.says('replace -f -', 'configmap/swapped replaced', { input: { ...object, data: { b: '2' } } });
    await s.holds('cm swapped', '.data', '{"b":"2"}');
    await s.refused(
      'replace -f -',
      /^Error from server \(Conflict\): error when replacing "STDIN": Operation cannot be fulfilled on configmaps "swapped": the object has been modified/,
      { input: object },
    );
    const { uid, resourceVersion: _, ...metadata } = object.metadata;
    await s.says('replace -f - --dry-run=server', 'configmap/swapped replaced (server dry run)', {
      input: { ...object, metadata },
    });
    await s.says('replace --force -f -', `${s.deleted('configmap "swapped"')}\nconfigmap/swapped replaced`, {
      input: { ...object, metadata, data: { c: '3' } },
    });
    await s.holds('cm swapped', '.data}{.metadata.uid', new RegExp(`^\\{"c":"3"\\}(?!${uid})`));
    await s.refused('replace -f -', /^Error from server \(NotFound\)/, {
      input: { ...object, metadata: { name: 'absent' } },
    });
    await still(s, 'restated');
    const whole = JSON.parse(await s.ask('get deployment restated -o json'));
    whole.status.collisionCount = 4;
    delete whole.metadata.resourceVersion;
    await s.says('replace --subresource=status -f -', 'deployment.apps/restated replaced', { input: whole });
    await s.holds('deployment restated', '.status.collisionCount', '4');
  },
};

/** An editor that sets a figure in the status. */
async function editor(s: Session): Promise<string> {
  const path = await s.file('editor', `#!/bin/sh\nsed -i 's/^status:.*/status:\\n  collisionCount: 3/' "$1"\n`);
  await s.executable('editor');
  return path;
}
