import { TEST_IMAGE } from '../../docker.ts';
import type { Chapter } from './session.ts';

const NOWHERE = `--overrides='{"spec":{"nodeSelector":{"nowhere":"true"}}}'`;

/** Every `create`, `run` and `expose`, without anything that runs. */
export const creating: Chapter = {
  async 'configmaps and secrets'(s) {
    await s.says('create configmap words --from-literal=a=1 --from-literal=b=two', 'configmap/words created');
    await s.holds('cm words', '.data', '{"a":"1","b":"two"}');
    const file = await s.file('settings/mode', 'slow\n');
    await s.file('settings/place', 'here');
    await s.says(
      `create cm filed --from-file=${s.directory}/settings --from-file=copy=${file}`,
      'configmap/filed created',
    );
    await s.holds('cm filed', '.data', '{"copy":"slow\\n","mode":"slow\\n","place":"here"}');
    const env = await s.file('env', '# none\nA=1\nB=x=y\n');
    await s.says(`create cm envied --from-env-file=${env}`, 'configmap/envied created');
    await s.holds('cm envied', '.data', '{"A":"1","B":"x=y"}');
    await s.says('create cm hashed --from-literal=a=1 --append-hash', /^configmap\/hashed-[a-z0-9]{10} created$/m);
    await s.refused('create cm words', 'error: failed to create configmap: configmaps "words" already exists');

    await s.says('create secret generic key --from-literal=word=välue --type=some/type', 'secret/key created');
    await s.holds('secret key', '.type} {.data.word', `some/type ${Buffer.from('välue').toString('base64')}`);
    const login = '--docker-server=reg.example.com --docker-username=ann --docker-password=pass';
    await s.says(`create secret docker-registry pull ${login}`, 'secret/pull created');
    await s.holds('secret pull', '.type', 'kubernetes.io/dockerconfigjson');
    const { cert, key } = await s.certificate('web.example.com');
    await s.says(`create secret tls web --cert=${cert} --key=${key}`, 'secret/web created');
    await s.holds('secret web', '.type', 'kubernetes.io/tls');
    await s.says('get secrets', [/^key +some\/type +1 +\d+s$/m, /^web +kubernetes\.io\/tls +2 +\d+s$/m]);
    await s.says('describe secret key', [/^word: +6 bytes$/m]);
  },

  async 'deployments, jobs and cronjobs'(s) {
    const containers = '.spec.template.spec.containers[0]';
    await s.says(
      `create deployment dep --image=${TEST_IMAGE} --replicas=0 --port=80 -- sleep 1`,
      'deployment.apps/dep created',
    );
    await s.holds('deploy dep', `${containers}.ports[0].containerPort}{${containers}.command`, '80["sleep","1"]');
    await s.says(
      `create cronjob cron --image=${TEST_IMAGE} --schedule='0 3 1 1 *' -- echo 'a b'`,
      'cronjob.batch/cron created',
    );
    await s.holds('cj cron', `.spec.schedule}{.spec.jobTemplate${containers}.command`, '0 3 1 1 *["echo","a b"]');
    await s.refused(
      `create cronjob wrong --image=${TEST_IMAGE} --schedule='sometimes'`,
      /spec\.schedule: Invalid value: "sometimes"/,
    );
    await s.ask(`patch cronjob cron -p '{"spec":{"jobTemplate":{"spec":{"suspend":true}}}}'`);
    await s.says('create job now --from=cronjob/cron', 'job.batch/now created');
    await s.holds(
      'job now',
      '.metadata.ownerReferences[0].kind}{.metadata.annotations',
      /^CronJob\{"cronjob\.kubernetes\.io\/instantiate":"manual"/,
    );
    await s.says(
      `create job phantom --image=${TEST_IMAGE} --dry-run=server`,
      'job.batch/phantom created (server dry run)',
    );
    await s.says(`create job phantom --image=${TEST_IMAGE} --dry-run=client -o yaml`, [
      /^kind: Job$/m,
      /image: stowage-test/,
    ]);
    await s.lacks('job/phantom');
    await s.says('get cronjobs,jobs', [
      /^cronjob\.batch\/cron +0 3 1 1 \* +<none> +False +0 +<none> +\d+s$/m,
      /^job\.batch\/now +Suspended +0\/1 /m,
    ]);
    await s.says('describe cronjob cron', [/^Schedule: +0 3 1 1 \*$/m, /^Concurrency Policy: +Allow$/m]);
  },

  async 'services and ingresses'(s) {
    await s.says('create service clusterip inner --tcp=80:8080', 'service/inner created');
    await s.holds('svc inner', '.spec.ports[0]', '{"name":"80-8080","port":80,"protocol":"TCP","targetPort":8080}');
    await s.says('create service clusterip headless --clusterip=None', 'service/headless created');
    await s.says('create service nodeport outer --tcp=80', 'service/outer created');
    await s.says('create service loadbalancer wide --tcp=80:http', 'service/wide created');
    await s.says('create service externalname far --external-name=far.example.com', 'service/far created');
    await s.says('get services', [
      /^headless +ClusterIP +None +<none> +<none> /m,
      /^far +ExternalName +<none> +far\.example\.com +<none> /m,
      /^wide +LoadBalancer /m,
    ]);
    await s.says('describe service inner', [/^Type: +ClusterIP$/m, /^Port: +80-8080 +80\/TCP$/m]);

    const tls = '--class=fast --annotation=note=yes --default-backend=inner:80';
    await s.says(
      `create ingress way ${tls} --rule='web.example.com/path*=inner:80,tls=web' --rule='/exact=outer:http'`,
      'ingress.networking.k8s.io/way created',
    );
    await s.holds('ing way', '.spec.ingressClassName}{.spec.rules[*].http.paths[*].pathType', 'fastPrefix Exact');
    await s.says('get ingress way', /^way +fast +web\.example\.com +80, 443 +\d+s$/m);
    await s.says('describe ingress way', [/^Default backend: +inner:80/m, /^ {2}web terminates web\.example\.com$/m]);

    await s.says(
      `create deployment exposed --image=${TEST_IMAGE} --replicas=0 --port=8080`,
      'deployment.apps/exposed created',
    );
    await s.says(
      'expose deployment exposed --name=front --port=80 --target-port=8080 --type=ClusterIP',
      'service/front exposed',
    );
    await s.holds('svc front', '.spec.selector}{.spec.ports[0].targetPort', '{"app":"exposed"}8080');
    await s.says(
      'expose service front --name=second --port=81 --dry-run=server',
      'service/second exposed (server dry run)',
    );
  },

  async 'quotas, budgets and classes'(s) {
    await s.says('create quota small --hard=pods=50,secrets=60', 'resourcequota/small created');
    await s.says('create quota bare --hard=pods=30 --scopes=BestEffort', 'resourcequota/bare created');
    await s.ask(`wait --for='jsonpath={.status.hard.pods}=50' quota/small --timeout=20s`);
    await s.says('describe quota small', [/^Resource +Used +Hard$/m, /^pods +\d+ +50$/m]);
    await s.says('describe quota bare', /^Scopes: +BestEffort$/m);
    await s.says(
      'create poddisruptionbudget most --selector=app=none --min-available=50%',
      'poddisruptionbudget.policy/most created',
    );
    await s.says('create pdb one --selector=app=none --max-unavailable=1', 'poddisruptionbudget.policy/one created');
    await s.says('get pdb', [/^most +50% +N\/A +0 +\d+s$/m, /^one +N\/A +1 +0 +\d+s$/m]);
    await s.says('describe pdb most', [/^Min available: +50%$/m, /^ +Allowed disruptions: +0$/m]);
    const high = `${s.namespace}-high`;
    await s.says(
      `create priorityclass ${high} --value=1000 --description='very high'`,
      `priorityclass.scheduling.k8s.io/${high} created`,
    );
    await s.holds(`pc ${high}`, '.value}{.description}{.globalDefault', '1000very high');
    await s.says(`describe pc ${high}`, [/^Value: +1000$/m, /^Description: +very high$/m]);
    await s.says(`delete pc ${high}`, `priorityclass.scheduling.k8s.io "${high}" deleted`);
    await s.ask('delete quota,pdb --all');
  },

  async 'accounts, roles and bindings'(s) {
    await s.says('create serviceaccount robot', 'serviceaccount/robot created');
    await s.says(
      'create role reader --verb=get,list --resource=pods,pods/log,deployments.apps --resource-name=one',
      'role.rbac.authorization.k8s.io/reader created',
    );
    await s.holds('role reader', '.rules[*].resources', '["pods","pods/log"] ["deployments"]');
    await s.says('describe role reader', [/^ {2}pods\/log +\[\] +\[one\] +\[get list\]$/m]);
    const all = `${s.namespace}-all`;
    await s.says(
      `create clusterrole ${all} --verb=get --non-resource-url=/some/*`,
      `clusterrole.rbac.authorization.k8s.io/${all} created`,
    );
    await s.says(
      `create clusterrole ${all}-sum --aggregation-rule='part=${s.namespace}'`,
      `clusterrole.rbac.authorization.k8s.io/${all}-sum created`,
    );
    await s.says(
      `label clusterrole ${all} part=${s.namespace}`,
      `clusterrole.rbac.authorization.k8s.io/${all} labeled`,
    );
    await s.ask(`wait --for='jsonpath={.rules[0].nonResourceURLs[0]}=/some/*' clusterrole/${all}-sum --timeout=20s`);
    const whom = `--user=ann --group=team --serviceaccount=${s.namespace}:robot`;
    await s.says(
      `create rolebinding readers --role=reader ${whom}`,
      'rolebinding.rbac.authorization.k8s.io/readers created',
    );
    await s.says(
      'create rolebinding viewers --clusterrole=view --user=bob',
      'rolebinding.rbac.authorization.k8s.io/viewers created',
    );
    await s.says('describe rolebinding readers', [
      /^ {2}User +ann *$/m,
      new RegExp(`^ {2}ServiceAccount +robot +${s.namespace}$`, 'm'),
    ]);
    await s.says(
      `create clusterrolebinding ${all} --clusterrole=${all} --group=team`,
      `clusterrolebinding.rbac.authorization.k8s.io/${all} created`,
    );
    await s.says(
      `get clusterrolebinding ${all} -o wide`,
      new RegExp(`^${all} +ClusterRole/${all} +\\d+s +team *$`, 'm'),
    );
    await s.ask(`delete clusterrole,clusterrolebinding ${all}`);
    await s.ask(`delete clusterrole ${all}-sum`);
    await s.says('create token robot --duration=10m --audience=api', /^[\w-]+\.[\w-]+\.[\w-]+$/m);
    await s.says('describe sa robot', /^Name: +robot$/m);
  },

  async 'namespaces, and whatever a file says'(s) {
    const other = `${s.namespace}-other`;
    await s.says(`create ns ${other} --save-config`, `namespace/${other} created`);
    await s.says(`describe namespace ${other}`, [
      /^Status: +Active$/m,
      /^No resource quota\.$/m,
      /^No LimitRange resource\.$/m,
    ]);
    await s.says(`delete ns ${other}`, `namespace "${other}" deleted`);
    const made = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' } });
    await s.says('create -f -', 'configmap/piped created', { input: made('piped') });
    await s.file('made/one.json', made('made-one'));
    await s.file(
      'made/deeper/two.yaml',
      `# YAML\n${JSON.stringify(made('made-two'))}\n---\n${JSON.stringify(made('made-three'))}`,
    );
    await s.says(
      `create -R -f ${s.directory}/made`,
      'configmap/made-two created\nconfigmap/made-three created\nconfigmap/made-one created',
    );
    await s.refused(
      `create -f ${s.directory}/made/one.json`,
      /^Error from server \(AlreadyExists\): error when creating "\S+one.json": configmaps "made-one" already exists$/m,
    );
    const odd = { ...made('odd'), dat: {} };
    await s.refused('create -f -', /unknown field "dat"/, { input: odd });
    await s.says('create -f - --validate=ignore', 'configmap/odd created', { input: odd });
    await s.says('create --validate=warn --dry-run=server -o name -f -', 'configmap/oddly', {
      input: { ...odd, metadata: { name: 'oddly' } },
    });
    await s.says('create --edit -f -', 'configmap/after created', {
      input: made('before'),
      env: { EDITOR: 'sed -i s/before/after/' },
    });
    const raw = `/api/v1/namespaces/${s.namespace}/configmaps`;
    await s.says(`create --raw ${raw} -f -`, /"name": ?"rawly"/, { input: made('rawly') });
    await s.says('create -f - -o name', /^configmap\/generated-[a-z0-9]{5}$/m, {
      input: { ...made(''), metadata: { generateName: 'generated-' } },
    });
  },

  async run(s) {
    const flags = `--image=${TEST_IMAGE} --restart=Never --labels=tier=run --env=A=b --port=80 --expose ${NOWHERE}`;
    await s.says(`run idle ${flags} --command -- sh -c 'sleep 1'`, 'service/idle created\npod/idle created');
    await s.holds(
      'pod idle',
      '.spec.containers[0].command}{.spec.containers[0].env[0].value}{.metadata.labels',
      '["sh","-c","sleep 1"]b{"tier":"run"}',
    );
    await s.says('get pods -l tier=run', /^idle +0\/1 +Pending +0 +\d+s$/m);
    await s.says('describe pod idle', [/^Node-Selectors: +nowhere=true$/m, /^QoS Class: +BestEffort$/m]);
    await s.says(
      `run ghost ${flags.replace('--expose', '')} --dry-run=server -o 'jsonpath={.spec.containers[0].args}' -- a b`,
      '["a","b"]',
    );
    await s.ask('delete pod,service idle --now');
    await s.lacks('pod/ghost', 'pod/idle');
  },
};
