import { expect } from 'vitest';
import { createCertificateRequest } from '../../../platform/pki/signing-request.ts';
import { pod } from '../kubectl/manifests.ts';
import type { Chapter, Session } from './session.ts';

/** Options that make a kubectl of the same version somebody else, who has nothing but a token. */
const bearing = (s: Session, token: string) =>
  `--server=https://127.0.0.1:${s.cell.port} --insecure-skip-tls-verify --kubeconfig=/dev/null --token=${token.trim()}`;

/** Who one is, what one may, and what one asks to be. */
export const admitting: Chapter = {
  async 'create token, auth whoami and can-i'(s) {
    await s.ask('create sa bearer');
    await s.ask('create role lists --verb=get,list --resource=configmaps');
    await s.ask(`create rolebinding lists --role=lists --serviceaccount=${s.namespace}:bearer --user=ann`);
    const who = bearing(s, await s.ask('create token bearer --duration=20m'));
    await s.says(`auth whoami ${who}`, new RegExp(`^Username +system:serviceaccount:${s.namespace}:bearer$`, 'm'));
    await s.says(`auth whoami ${who} -o json`, /"kind": "SelfSubjectReview"/);
    await s.says('auth whoami --as ann --as-group dev', [
      /^Username +ann$/m,
      /^Groups +\[dev system:authenticated\]$/m,
    ]);
    await s.ask(`get cm none --ignore-not-found ${who}`);
    await s.refused(
      `get secrets ${who}`,
      /^Error from server \(Forbidden\): secrets is forbidden: User "system:serviceaccount:\S+:bearer" cannot list resource "secrets"/,
    );
    await s.says(`auth can-i list configmaps ${who}`, 'yes');
    await s.says('auth can-i get cm/any --as ann', 'yes');
    expect(await s.type(`auth can-i delete pods ${who}`)).toMatchObject({ code: 1, stdout: 'no\n' });
    const quiet = await s.type('auth can-i get pods --subresource=log --as nobody -q');
    expect(quiet).toMatchObject({ code: 1, stdout: '' });
    await s.says(`auth can-i --list ${who}`, /^configmaps +\[\] +\[\] +\[get list\]$/m);
    await s.says('auth can-i --list --no-headers', /^\*\.\* +\[\] +\[\] +\[\*\]$/m);
    await s.says('auth can-i get /healthz', 'yes');
    const bound = { spec: { serviceAccountName: 'bearer', nodeSelector: { nowhere: 'true' } } };
    await s.ask('apply -f -', { input: pod('bound', 'true', bound) });
    const short = bearing(s, await s.ask('create token bearer --bound-object-kind=Pod --bound-object-name=bound'));
    await s.says(`auth can-i list cm ${short}`, 'yes');
    await s.ask('delete pod bound --now');
    await s.refused(`auth can-i list cm ${short}`, /You must be logged in to the server/);
    await s.refused(`auth whoami ${bearing(s, 'nonsense')}`, /You must be logged in to the server/);
  },

  async 'auth reconcile'(s) {
    // Reconciling looks for objects where they say they are, and nowhere else.
    const metadata = { name: 'reconciled', namespace: s.namespace };
    const rbac = (kind: string, part: object) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind,
      metadata,
      ...part,
    });
    const role = (...verbs: string[]) => rbac('Role', { rules: [{ apiGroups: [''], resources: ['pods'], verbs }] });
    await s.says('auth reconcile -f -', /^role\.rbac\.authorization\.k8s\.io\/reconciled reconciled$/m, {
      input: role('get'),
    });
    await s.says('auth reconcile -f - --dry-run=client', /reconciled \(dry run\)/, { input: role('list') });
    await s.ask('auth reconcile -f -', { input: role('list') });
    await s.holds('role reconciled', '.rules[*].verbs[*]', 'get list');
    await s.ask('auth reconcile -f - --remove-extra-permissions', { input: role('list') });
    await s.holds('role reconciled', '.rules[*].verbs[*]', 'list');
    const binding = (name: string, ...users: string[]) =>
      rbac('RoleBinding', {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
        subjects: users.map((user) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user })),
      });
    await s.ask('auth reconcile -f -', { input: binding('reconciled', 'ann') });
    await s.ask('auth reconcile -f -', { input: binding('reconciled', 'bob') });
    await s.holds('rolebinding reconciled', '.subjects[*].name', 'ann bob');
    await s.says('auth reconcile -f -', /reconciled/, { input: binding('lists', 'ann') });
    await s.holds('rolebinding reconciled', '.roleRef.name', 'lists');
  },

  async 'certificate approve and deny'(s) {
    const request = async (name: string, signerName: string) => ({
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: `${s.namespace}-${name}` },
      spec: {
        request: Buffer.from((await createCertificateRequest({ commonName: name })).csrPem).toString('base64'),
        signerName,
        usages: ['client auth'],
      },
    });
    const signer = 'kubernetes.io/kube-apiserver-client';
    const wanted = await s.file('wanted.json', await request('wanted', signer));
    const said = (name: string) => `certificatesigningrequest.certificates.k8s.io/${s.namespace}-${name}`;
    await s.says(`create -f ${wanted}`, `${said('wanted')} created`);
    await s.ask('create -f -', { input: await request('unwanted', 'example.com/some') });
    await s.says('get csr', new RegExp(`^${s.namespace}-wanted +\\d+s +${signer} +\\S+ +<none> +Pending$`, 'm'));
    await s.says(`certificate approve ${s.namespace}-wanted`, `${said('wanted')} approved`);
    await s.says(`certificate deny ${s.namespace}-unwanted`, `${said('unwanted')} denied`);
    await s.ask(`wait --for='jsonpath={.status.certificate}' csr/${s.namespace}-wanted --timeout=20s`);
    await s.says('get csr', [/-wanted .* Approved,Issued$/m, /-unwanted .* Denied$/m]);
    await s.says(`describe csr ${s.namespace}-wanted`, [/^Status: +Approved,Issued$/m, /^ +Common Name: +wanted$/m]);
    await s.refused(`certificate deny ${s.namespace}-wanted`, /is already Approved/);
    await s.says(`delete csr ${s.namespace}-wanted ${s.namespace}-unwanted`, /"session-\d+-wanted" deleted/);
  },

  async "a resource of one's own"(s) {
    const group = `${s.namespace}.example.com`;
    const crd = `boats.${group}`;
    await s.says('apply -f -', `customresourcedefinition.apiextensions.k8s.io/${crd} created`, {
      input: definition(group),
    });
    await s.ask(`wait --for=condition=Established crd/${crd} --timeout=20s`);
    await s.says(
      `api-resources --api-group=${group} --no-headers`,
      new RegExp(`^boats +bo +${group}/v1 +true +Boat`, 'm'),
    );
    await s.says(`explain boats.${group} --recursive`, /^ {4}length\t<integer>$/m);
    const boat = (spec: object) => ({ apiVersion: `${group}/v1`, kind: 'Boat', metadata: { name: 'gull' }, spec });
    const said = `boat.${group}/gull`;
    await s.says('apply -f -', `${said} created`, { input: boat({ length: 7 }) });
    await s.says('apply -f -', `${said} configured`, { input: boat({ length: 8 }) });
    await s.says('apply --server-side --force-conflicts -f -', `${said} serverside-applied`, {
      input: boat({ length: 9 }),
    });
    await s.refused('apply -f -', /unknown field "spec\.sail"/, { input: boat({ length: 9, sail: 1 }) });
    await s.says(`get boats.${group}`, [/^NAME +LENGTH$/m, /^gull +9$/m]);
    await s.says(`patch boats.${group} gull --type=merge -p '{"spec":{"crew":2}}'`, `${said} patched`);
    await s.says(`scale boats.${group} gull --replicas=3`, `${said} scaled`);
    await s.says(`edit boats.${group} gull`, `${said} edited`, { env: { EDITOR: 'sed -i s/length:.9/length:\\ 10/' } });
    await s.holds(`boats.${group} gull`, '.spec', '{"crew":3,"length":10}');
    await s.says(`label boats.${group} gull fast=yes`, `${said} labeled`);
    await s.says(
      `patch boats.${group} gull --subresource=status --type=merge -p '{"status":{"aboard":3}}'`,
      `${said} patched`,
    );
    await s.says(`wait --for='jsonpath={.status.aboard}=3' boats.${group}/gull --timeout=10s`, `${said} condition met`);
    await s.says(`describe boats.${group} gull`, /^ {2}Length: +10$/m);
    await s.says(`delete boats.${group} gull`, s.deleted(`boat.${group} "gull"`));
    await s.says(`delete crd ${crd}`, `customresourcedefinition.apiextensions.k8s.io "${crd}" deleted`);
  },
};

function definition(group: string) {
  const integer = { type: 'integer' };
  const openAPIV3Schema = {
    type: 'object',
    properties: {
      spec: { type: 'object', properties: { length: integer, crew: integer } },
      status: { type: 'object', properties: { aboard: integer } },
    },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `boats.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'boats', kind: 'Boat', shortNames: ['bo'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema },
          subresources: { status: {}, scale: { specReplicasPath: '.spec.crew', statusReplicasPath: '.status.aboard' } },
          additionalPrinterColumns: [{ name: 'Length', type: 'integer', jsonPath: '.spec.length' }],
        },
      ],
    },
  };
}
