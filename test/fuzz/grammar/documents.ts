import fc from 'fast-check';
import { deployments } from '../../../api/apps/deployment.ts';
import { pods } from '../../../api/core/pod.ts';
import { decode } from '../../../api/meta/decode.ts';
import { ApiError, badRequest } from '../../../api/meta/errors.ts';
import type { JsonObject } from '../../../api/meta/json.ts';
import { applyJsonPatch } from '../../../api/meta/patch/json.ts';
import { applyMergePatch } from '../../../api/meta/patch/merge.ts';
import { applyStrategicPatch } from '../../../api/meta/patch/strategic.ts';
import { decodeProtobuf } from '../../../api/protobuf/decode.ts';
import { BadValue, resolveSettings } from '../../../cell/config.ts';
import { masterSettings, surroundings } from '../../../cell/settings.ts';
import { Trouble } from '../../../cell/trouble.ts';
import { parseManifests } from '../../../cli/manifests.ts';
import { CommandFailure } from '../../../client/failure.ts';
import { accessFrom } from '../../../client/kubeconfig.ts';
import { readYaml } from '../../../master/apiserver/yaml-body.ts';
import { babble, type Grammar, jsonOf } from './grammar.ts';

/** Readers of whole documents: manifests, patches, files of settings. */

const isApiError = (error: Error): boolean => error instanceof ApiError;
const grammar = <T>(given: Grammar<T>): Grammar => given as unknown as Grammar;

const KEYS = `
  apiVersion kind metadata name labels finalizers spec template containers image env value ports containerPort
  resources requests cpu volumes selector matchLabels replicas status conditions items creationTimestamp
  $patch $retainKeys $deleteFromPrimitiveList/finalizers $setElementOrder/containers`
  .trim()
  .split(/\s+/);
const leaves = fc.constantFrom<unknown>(
  'v1',
  'Pod',
  'delete',
  'replace',
  'merge',
  '1',
  '100m',
  '2026-01-02T03:04:05Z',
  1,
  80,
  'main',
  'default',
);
const json = jsonOf(KEYS, leaves);

const BASE: JsonObject = {
  metadata: { name: 'a', namespace: 'b', labels: { c: 'd' }, finalizers: ['x/y', 'x/z'] },
  spec: {
    containers: [{ name: 'main', image: 'i', ports: [{ containerPort: 80 }], env: [{ name: 'A', value: '1' }] }],
    volumes: [{ name: 'v', emptyDir: {} }],
  },
};

const manifests = grammar({
  name: 'objects as JSON',
  values: fc.record({ metadata: json, spec: json, status: json }, { requiredKeys: [] }),
  read(value) {
    for (const resource of [pods, deployments]) {
      const { object } = decode(resource as typeof pods, value);
      resource.setDefaults(object as never);
      resource.validate(object as never);
    }
  },
  refuses: isApiError,
});

const patches = grammar({
  name: 'merge patches',
  values: json,
  read(patch) {
    try {
      applyMergePatch(BASE, patch);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
    applyStrategicPatch(pods.schema, BASE, patch);
  },
  refuses: isApiError,
});

const pointer = babble([...'/ /spec /containers /0 /- /env /metadata /labels ~0 ~1 ~2 /01 /__proto__'.split(' ')], 6);
const operation = fc.record(
  {
    op: fc.constantFrom<unknown>('add', 'remove', 'replace', 'move', 'copy', 'test', 'x', 7),
    path: pointer,
    from: pointer,
    value: json,
  },
  { requiredKeys: ['op', 'path'] },
);
const jsonPatches = grammar({
  name: 'JSON patches',
  values: fc.oneof(
    { weight: 9, arbitrary: fc.array(operation, { maxLength: 30 }) as fc.Arbitrary<unknown> },
    { weight: 1, arbitrary: json },
  ),
  read: (patch) => applyJsonPatch(BASE, patch),
  refuses: isApiError,
});

const YAML_WORDS = [
  ...'a: |b:\n  |- |\n| |{|}|[|]|&a |*a|<<: *a|? |: |>\n|"|\'|---\n|...\n|!!binary |!!set |#|%YAML 1.1\n|\t|null|1e400|0x|~|\\|\u2028'.split(
    '|',
  ),
  ...['|', '&a [*a, *a]', '- - - - - - - -', 'apiVersion: v1\nkind: List\nitems:\n'],
];
/** What somebody else sends may be long; who reads a file of his own waits for himself. */
const sentYaml = babble(YAML_WORDS, 30);
const ownYaml = babble(YAML_WORDS, 30, 20);
const yamlBodies = grammar({
  name: 'YAML that is sent',
  values: sentYaml,
  read: (text) => readYaml(Buffer.from(text), (why) => badRequest(why)),
  refuses: isApiError,
});

const yamlFiles = grammar({
  name: 'YAML files',
  values: ownYaml,
  read: (text) => parseManifests(text, 'stdin'),
  refuses: (error) => error instanceof CommandFailure,
});

const settingNames = [
  ...'port data-dir store etcd-endpoints bind-address controllers log-level node-grace authorization-mode'.split(' '),
];
const settingsText = babble(
  [
    ...settingNames.map((name) => `${name}: `),
    '\n',
    '1',
    'etcd',
    '[',
    ']',
    'http://',
    ',',
    '- ',
    '{a: 1}',
    '"',
    ' ',
    'true',
    '.inf',
    '-1',
    '99999999999999999999',
  ],
  20,
);
const configFiles = grammar({
  name: 'files of settings',
  values: fc.tuple(
    fc.oneof(settingsText, ownYaml),
    fc.dictionary(fc.constantFrom(...settingNames), babble([...'1 - , x = * . / RBAC 0'.split(' '), ' '], 5), {
      maxKeys: 3,
    }),
  ),
  read: ([text, flags]) =>
    resolveSettings(masterSettings(surroundings()), { flags, env: {}, file: { path: 'stowage.yaml', text } }),
  refuses: (error) => error instanceof Trouble || error instanceof BadValue,
});

const kubeconfigText = babble(
  [
    ...[
      'current-context: a\n',
      'contexts:\n',
      '- name: a\n',
      '  context: {cluster: b, user: c}\n',
      'clusters: [{name: b, cluster: {server: "https://x"}}]\n',
    ],
    ...[
      'users: [{name: c, user: {token: t}}]\n',
      'users:\n',
      'clusters: 7\n',
      'contexts: {}\n',
      '- 7\n',
      '  user: {client-certificate-data: "!"}\n',
      'certificate-authority: /nowhere\n',
      '[',
      '}',
      '"',
    ],
  ],
  10,
);
const kubeconfigs = grammar({
  name: 'kubeconfigs',
  values: fc.oneof(kubeconfigText, ownYaml),
  read: (text) => accessFrom(text, '/nowhere/kubeconfig'),
  refuses: (error) => error instanceof CommandFailure,
});

const MAGIC = [0x6b, 0x38, 0x73, 0];
/** Envelope of a kind whose bytes are anything. */
const enveloped = fc
  .tuple(fc.constantFrom('Pod', 'Deployment', 'DeleteOptions', 'Status', 'Nothing'), fc.uint8Array({ maxLength: 400 }))
  .map(([kind, bytes]) => {
    const type = Buffer.concat([
      field(1, Buffer.from(kind === 'Deployment' ? 'apps/v1' : 'v1')),
      field(2, Buffer.from(kind)),
    ]);
    return Uint8Array.from([...MAGIC, ...field(1, type), ...field(2, Buffer.from(bytes))]);
  });
const protobuf = grammar({
  name: 'protobuf',
  values: fc.oneof(
    enveloped,
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Uint8Array.from([...MAGIC, ...bytes])),
    fc.uint8Array({ maxLength: 50 }),
  ),
  read: (bytes) => decodeProtobuf(bytes),
  refuses: isApiError,
});

function field(number: number, bytes: Buffer): Buffer {
  const length: number[] = [];
  for (let left = bytes.length; ; left >>>= 7) {
    length.push(left > 127 ? (left & 127) | 128 : left);
    if (left <= 127) break;
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes]);
}

export const DOCUMENTS: readonly Grammar[] = [
  manifests,
  patches,
  jsonPatches,
  yamlBodies,
  yamlFiles,
  configFiles,
  kubeconfigs,
  protobuf,
];
