import { expect } from 'vitest';
import { parse } from 'yaml';
import { eventually } from '../../eventually.ts';
import type { Chapter, Session } from './session.ts';

const SHELF = ['a', 'b', 'c'];
const configMap = (name: string, data: object, labels?: object) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data,
});
/** Three that a label holds together; rank falls where names rise. */
const shelf = (name: string) => ({
  apiVersion: 'v1',
  kind: 'List',
  items: SHELF.map((letter, index) =>
    configMap(`${name}-${letter}`, { rank: String(9 - index) }, { shelf: name, letter }),
  ),
});
const named = (name: string, letters = SHELF) => letters.map((letter) => `configmap/${name}-${letter}`).join('\n');

/** What there is, and what it is about: get, describe, explain and what the server says of itself. */
export const reading: Chapter = {
  async 'get in every form'(s) {
    const file = await s.file('forms.json', shelf('form'));
    await s.says(`apply -f ${file}`, SHELF.map((letter) => `configmap/form-${letter} created`).join('\n'));
    const one = JSON.parse(await s.ask('get cm form-a -o json'));
    expect(one).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', data: { rank: '9' } });
    expect(parse(await s.ask('get cm form-a -o yaml'))).toEqual(one);
    expect(parse(await s.ask(`get -f ${file} -o yaml`)).items).toHaveLength(3);
    await s.says('get cm -l shelf=form -o name', named('form'));
    await s.says('get cm/form-a configmap/form-b -o name', named('form', ['a', 'b']));
    await s.says(
      `get cm -l shelf=form -o 'jsonpath={range .items[?(@.data.rank>"7")]}{.metadata.name}{" "}{end}'`,
      'form-a form-b',
    );
    await s.says('get cm form-a -o jsonpath-as-json={.data}', /^\[\n {4}\{\n {8}"rank": "9"\n {4}\}\n\]$/m);
    await s.says(`get cm form-a -o jsonpath-file=${await s.file('path', '{.data.rank}')}`, '9');
    await s.says(`get cm -l shelf=form -o 'go-template={{range .items}}{{.data.rank}}{{"."}}{{end}}'`, '9.8.7.');
    await s.says(
      `get cm form-a -o go-template-file=${await s.file('template', '{{.kind}} {{len .data}}')}`,
      'ConfigMap 1',
    );
    await s.says(`get cm form-a -o template --template='{{.metadata.labels.letter}}'`, 'a');
    await s.says('get cm form-a --no-headers -o custom-columns=N:.metadata.name,R:.data.rank', 'form-a   9');
    await s.says(
      `get cm form-b -o custom-columns-file=${await s.file('columns', 'NAME RANK\n.metadata.name .data.rank\n')}`,
      'NAME     RANK\nform-b   8',
    );
    await s.says('get cm form-a -o yaml --show-managed-fields', /^ {4}manager: kubectl-client-side-apply$/m);
    await s.says(
      'get cm form-a --output=wide --show-kind --show-labels',
      /^configmap\/form-a +1 +\d+s +letter=a,shelf=form$/m,
    );
    await s.refused('get cm form-a -o nonsense', /unable to match a printer suitable for the output format "nonsense"/);
  },

  async 'get by selectors, sorted, in pages, of every namespace'(s) {
    await s.ask('apply -f -', { input: shelf('pick') });
    await s.says(`get cm -l 'shelf=pick,letter notin (b)' -o name`, named('pick', ['a', 'c']));
    await s.says('get cm -l shelf=pick --field-selector=metadata.name!=pick-a -o name', named('pick', ['b', 'c']));
    await s.says('get cm -l shelf=pick --sort-by=.data.rank -o name', named('pick', ['c', 'b', 'a']));
    await s.says('get cm -l shelf=pick -L letter', [/^NAME +DATA +AGE +LETTER$/m, /^pick-c +1 +\d+s +c$/m]);
    await s.says('get cm -l shelf=pick --chunk-size=1 -o name', named('pick'));
    const { namespace } = s;
    await s.says('get cm -A -l shelf=pick', [
      /^NAMESPACE +NAME +DATA +AGE$/m,
      new RegExp(`^${namespace} +pick-b +1 +\\d+s$`, 'm'),
    ]);
    await s.says('get cm,sa -l shelf=pick --no-headers', /^configmap\/pick-a +1 +\d+s$/m);
    await s.says('get all,cm -l shelf=pick --ignore-not-found -o name', named('pick'));
    await s.says('get cm pick-a nobody --ignore-not-found -o name', 'configmap/pick-a');
    await s.refused('get cm pick-a nobody', /^Error from server \(NotFound\): configmaps "nobody" not found$/m);
    await s.refused('get gadgets', `error: the server doesn't have a resource type "gadgets"`);
    await s.says('get configmaps.v1. pick-a --server-print=false', /^pick-a +\d+s$/m);
    await s.says(`get --raw /api/v1/namespaces/${namespace}/configmaps/pick-a`, /"rank": ?"9"/);
    await s.says(`get --raw '/api/v1/namespaces/${namespace}/configmaps?limit=1'`, [
      /"continue": ?"\w+/,
      /"remainingItemCount": ?\d/,
    ]);
    await s.says(`get ns ${namespace} --subresource=status -o 'jsonpath={.status.phase}'`, 'Active');
  },

  async 'get -w'(s) {
    await s.ask('create configmap seen --from-literal=v=1');
    const watch = s.start('get cm --field-selector=metadata.name=seen -w --output-watch-events --no-headers');
    const only = s.start('get cm seen --watch-only -o jsonpath={.data.v},');
    const events = () => watch.stdout.split('\n').map((line) => line.split(/ +/).slice(0, 3).join(' '));
    try {
      await eventually('what is there', () => events().includes('ADDED seen 1'));
      await eventually('changes', async () => {
        await s.ask(`patch cm seen -p '{"data":{"v":"2","w":"${performance.now()}"}}'`);
        return only.stdout.startsWith('2,') && events().includes('MODIFIED seen 2');
      });
      await s.ask('delete cm seen');
      await eventually('the deletion', () => events().includes('DELETED seen 2'));
    } finally {
      await Promise.all([watch.end('SIGINT'), only.end('SIGINT')]);
    }
  },

  async describe(s) {
    const file = await s.file('described.json', shelf('told'));
    await s.ask(`apply -f ${file}`);
    const told = [
      /^Name: +told-a$/m,
      new RegExp(`^Namespace: +${s.namespace}$`, 'm'),
      /^Labels: +letter=a\n +shelf=told$/m,
      /^rank:\n----\n9$/m,
    ];
    await s.says('describe configmap told-a', told);
    await s.says('describe cm/told-a cm/told-b --show-events=false', [/^Name: +told-a$/m, /^Name: +told-b$/m]);
    await s.says('describe cm told-', [/^Name: +told-c$/m]);
    await s.says(`describe -f ${file}`, [/^Name: +told-c$/m]);
    await s.says('describe cm -l letter=b,shelf=told', /^Name: +told-b$/m);
    await s.refused('describe cm nobody', 'Error from server (NotFound): configmaps "nobody" not found');
    await s.says('describe ns default', /^Status: +Active$/m);
    await s.ask('describe storageclasses');
    await s.says('describe clusterrole view', /^ {2}configmaps +\[\] +\[\] +\[get list watch\]$/m);
    await s.says('describe node n1', [/^Allocatable:$/m, /^ {2}Ready +True /m, /^ {2}HolderIdentity: +n1$/m]);
    await describedKinds(s);
  },

  async explain(s) {
    await s.says('explain deployment.spec.strategy', [
      /^GROUP: +apps$/m,
      /^FIELD: strategy <DeploymentStrategy>$/m,
      /^ {2}rollingUpdate\t<RollingUpdateDeployment>$/m,
    ]);
    await s.says('explain pods --recursive', [
      /^ {6}livenessProbe\t<Probe>$/m,
      /^ {10}port\t<IntOrString> -required-$/m,
    ]);
    await s.says('explain hpa.spec --api-version=autoscaling/v1', [
      /^VERSION: +v1$/m,
      /^ {2}targetCPUUtilizationPercentage\t<integer>$/m,
    ]);
    await s.says('explain hpa.spec.metrics --api-version=autoscaling/v2', /^FIELD: metrics <\[\]MetricSpec>$/m);
    await s.says('explain cronjob --output=plaintext-openapiv2', /^KIND: +CronJob$/m);
    await s.refused('explain pod.spec.nonsense', 'error: field "nonsense" does not exist');
    await s.refused('explain gadgets', /the server doesn't have a resource type "gadgets"/);
  },

  async 'api-resources, api-versions, version and cluster-info'(s) {
    await s.says('api-resources', [
      /^NAME +SHORTNAMES +APIVERSION +NAMESPACED +KIND$/m,
      /^pods +po +v1 +true +Pod$/m,
      /^cronjobs +cj +batch\/v1 +true +CronJob$/m,
    ]);
    await s.says(
      'api-resources --api-group=apps -o name --sort-by=name',
      /^controllerrevisions\.apps\ndaemonsets\.apps\n/,
    );
    await s.says(
      'api-resources --namespaced=false --verbs=list,patch --categories= -o wide --no-headers',
      /^nodes +no +v1 +false +Node +create,delete,/m,
    );
    await s.says('api-versions', [/^apps\/v1$/m, /^autoscaling\/v2$/m, /^metrics\.k8s\.io\/v1beta1$/m, /^v1$/m]);
    await s.says('version', [
      new RegExp(`^Client Version: v1\\.${s.minor}\\.\\d+$`, 'm'),
      /^Server Version: v1\.\d+\.\d+\+stowage-/m,
    ]);
    await s.says('version -o json', /"serverVersion": \{/);
    await s.says('cluster-info', /Kubernetes control plane.* is running at .*https:\/\/127\.0\.0\.1:\d+/);
    await s.says('get --raw /readyz?verbose', /^readyz check passed$/m);
    await s.says('get --raw /version', /"gitVersion"/);
  },

  async 'cluster-info dump'(s) {
    const written = `${s.directory}/dump`;
    await s.says(
      `cluster-info dump --namespaces=${s.namespace} --output-directory=${written} -o yaml`,
      `Cluster info dumped to ${written}`,
    );
    expect(parse(await s.read('dump/nodes.yaml')).items).toHaveLength(2);
    const kinds = ['events', 'replication-controllers', 'services', 'daemonsets', 'deployments', 'replicasets', 'pods'];
    for (const kind of kinds) expect(parse(await s.read(`dump/${s.namespace}/${kind}.yaml`))).toHaveProperty('items');
    await s.says('cluster-info dump --namespaces=default', [/"kind": "NodeList"/, /"kind": "ServiceList"/]);
  },

  async config(s) {
    await s.says('config current-context', /^\S+$/);
    await s.says('config view --minify -o jsonpath={.clusters[0].cluster.server}', /^https:\/\/127\.0\.0\.1:\d+$/);
    const own = `--kubeconfig=${await s.file('own-kubeconfig', '')}`;
    const server = `https://127.0.0.1:${s.cell.port}`;
    await s.says(`config set-cluster cell --server=${server} --insecure-skip-tls-verify ${own}`, 'Cluster "cell" set.');
    await s.ask('create sa configured');
    const token = (await s.ask('create token configured')).trim();
    await s.says(`config set-credentials robot --token=${token} ${own}`, 'User "robot" set.');
    const context = `--cluster=cell --user=robot --namespace=${s.namespace}`;
    await s.says(`config set-context first ${context} ${own}`, 'Context "first" created.');
    await s.says(`config rename-context first here ${own}`, 'Context "first" renamed to "here".');
    await s.says(`config use-context here ${own}`, 'Switched to context "here".');
    await s.says(`auth whoami ${own}`, /^Username +system:serviceaccount:\S+:configured$/m);
    await s.says(`config set contexts.here.namespace default ${own}`, 'Property "contexts.here.namespace" set.');
    await s.says(`config unset contexts.here.namespace ${own}`, 'Property "contexts.here.namespace" unset.');
    await s.says(`config get-contexts ${own}`, /^\* +here +cell +robot$/m);
    await s.says(`config get-clusters ${own}`, 'NAME\ncell');
    await s.says(`config get-users ${own}`, 'NAME\nrobot');
    for (const part of ['context here', 'cluster cell', 'user robot'])
      await s.says(`config delete-${part} ${own}`, /^deleted /);
  },

  async 'what needs no server'(s) {
    await s.says('options', /--as-group/);
    await s.says('completion bash', /__start_kubectl/);
    const { stderr } = await s.type('plugin list', { env: { PATH: s.directory } });
    expect(stderr).toContain('unable to find any kubectl plugins in your PATH');
    await s.file('kubectl-wave', '#!/bin/sh\necho "waved $1"\n');
    await s.executable('kubectl-wave');
    await s.says('plugin list', /kubectl-wave$/m, { env: { PATH: s.directory } });
  },
};

/** Every kind can be described, whatever there is of it. */
async function describedKinds(s: Session): Promise<void> {
  const kinds = (await s.ask('api-resources --verbs=list,get --namespaced=true -o name')).trim().split('\n');
  const described = kinds.filter((kind) => !kind.includes('metrics.k8s.io'));
  expect(described.length).toBeGreaterThan(25);
  await s.says(`describe ${described.join(',')}`, /^Name: +told-a$/m);
}
