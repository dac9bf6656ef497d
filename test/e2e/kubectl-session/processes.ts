import { expect } from 'vitest';
import { TEST_IMAGE } from '../../docker.ts';
import { eventually } from '../../eventually.ts';
import type { Program } from '../../program.ts';
import { IDLE, pod } from '../kubectl/manifests.ts';
import type { Chapter, Session } from './session.ts';

/** `kubectl cp` wants a tar in the container. */
const BOX = `/bin/busybox ln -s busybox /bin/tar; mkdir -p /www; echo hello >/www/index.html; httpd -p 8080 -h /www; ${IDLE}`;
const box = async (s: Session, name: string) => {
  const side = { ...pod('x', IDLE).spec.containers[0]!, name: 'side' };
  const main = pod(name, BOX).spec.containers[0]!;
  await s.ask('apply -f -', { input: pod(name, '', { labels: { app: name }, spec: { containers: [main, side] } }) });
  await s.ask(`wait --for=condition=Ready pod/${name} --timeout=60s`);
};
/** What `path` answers on a port that a kubectl has opened: it says so on a line that the pattern matches. */
const fetched = async (program: Program, pattern: RegExp, path: string) => {
  try {
    const port = await eventually('a port', () => pattern.exec(program.stdout)?.[1]);
    const answer = await eventually('an answer', () => fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined));
    return await answer.text();
  } finally {
    await program.end('SIGINT');
  }
};

/** Processes and ports of pods that run. */
export const processes: Chapter = {
  async 'exec, cp and logs'(s) {
    await box(s, 'box');
    expect(await s.type(`exec box -c main -- sh -c 'echo out; echo err >&2; exit 3'`)).toEqual({
      code: 3,
      stdout: 'out\n',
      stderr: 'err\ncommand terminated with exit code 3\n',
    });
    await s.says('exec -i box -c side -- cat', 'through', { input: 'through' });
    await s.says('exec pod/box -- echo main', 'main');
    await s.says(`exec box -- id -u`, '0', { env: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' } });
    await s.refused(
      'exec box -c third -- true',
      /container third is not valid for pod box|container not found|not found in pod/,
    );
    const there = await s.file('copy/there', 'copied\n');
    await s.says(`cp -c main ${there} box:/tmp/there`, '');
    await s.says(`cp ${s.namespace}/box:/tmp/there ${s.directory}/back -c main`, /^(tar: .*)?$/m);
    expect(await s.read('back')).toBe('copied\n');
    await s.ask(`cp -c main ${s.directory}/copy box:/tmp`);
    await s.says('exec box -c main -- cat /tmp/copy/there', 'copied');
    await s.refused(`cp ${there} nowhere:/tmp/x`, /pods "nowhere" not found/);
    await s.says('logs box -c main', '');
    await s.says('logs box --all-containers --max-log-requests=4', '');
    await s.refused('logs box -c third', 'error: container third is not valid for pod box');
    await s.ask('delete pod box --now');
  },

  async 'run and attach'(s) {
    const run = `--image=${TEST_IMAGE} --restart=Never --quiet`;
    const asked = await s.type(`run asked -i --rm ${run} --command -- sh -c 'read line; echo "got $line"; exit 5'`, {
      input: 'a word\n',
    });
    expect([asked.code, asked.stdout.split('\n')[0]]).toEqual([5, 'got a word']);
    await s.lacks('pod/asked');
    const script = 'while read line; do echo "heard $line"; done; echo over';
    await s.ask('apply -f -', { input: pod('listening', script, { container: { stdin: true, stdinOnce: true } }) });
    await s.ask('wait --for=condition=Ready pod/listening --timeout=60s');
    await s.says('attach -i -q pod/listening', 'heard one\nheard two\nover', { input: 'one\ntwo\n' });
    await s.ask(`wait --for='jsonpath={.status.phase}=Succeeded' pod/listening --timeout=30s`);
    const follow = s.start('logs -f listening --since=1h');
    expect([await follow.exit(), follow.stdout]).toEqual([0, 'heard one\nheard two\nover\n']);
    await s.refused('attach listening', /completed pod|is not running/);
    await s.ask('delete pod listening --now');
  },

  async debug(s) {
    await box(s, 'sick');
    const flags = `--image=${TEST_IMAGE} --profile=general -q`;
    // What a container prints before anyone is attached is in its log alone: these wait for their word.
    await s.says(
      `debug sick ${flags} --target=main -c looking -i -- sh -c 'read go; /bin/busybox tr "\\0" " " </proc/1/cmdline; echo; echo seen'`,
      /httpd.*\nseen/s,
      { input: 'go\n' },
    );
    await s.holds('pod sick', '.spec.ephemeralContainers[*].name', 'looking');
    await s.says('logs sick -c looking', /seen/);
    await s.says('describe pod sick', [/^Ephemeral Containers:\n {2}looking:$/m]);
    await s.ask(
      `debug sick ${flags} --copy-to=twin --container=main --share-processes=false --same-node -- sh -c 'sleep 100'`,
    );
    await s.ask('wait --for=condition=Ready pod/twin --timeout=60s');
    await s.holds('pod twin', '.spec.containers[0].command', '["sh","-c","sleep 100"]');
    await s.says(`debug node/n1 ${flags} -i -- sh -c 'read go; ls -d /host/etc'`, /^\/host\/etc$/m, { input: 'go\n' });
    await s.says('get pods -o name', /^pod\/node-debugger-n1-\w+$/m);
    await s.ask('delete pods --all --now');
  },

  async 'port-forward, proxy and the proxies of the API'(s) {
    await box(s, 'web-box');
    await s.says('expose pod web-box --port=80 --target-port=8080 --name=web-box', 'service/web-box exposed');
    const opened = /Forwarding from 127\.0\.0\.1:(\d+) -> 8080/;
    await eventually(
      'the web server',
      async () => (await s.type('exec web-box -c main -- wget -qO- 127.0.0.1:8080/')).code === 0,
    );
    for (const what of ['pod/web-box :8080', 'service/web-box :80']) {
      expect(await fetched(s.start(`port-forward ${what}`), opened, '/')).toBe('hello\n');
    }
    const path = `/api/v1/namespaces/${s.namespace}`;
    const serving = () => s.start('proxy --port=0');
    const served = /Starting to serve on 127\.0\.0\.1:(\d+)/;
    expect(JSON.parse(await fetched(serving(), served, `${path}/pods/web-box`))).toMatchObject({ kind: 'Pod' });
    expect(await fetched(serving(), served, `${path}/services/web-box:80/proxy/`)).toBe('hello\n');
    expect(
      await fetched(s.start('proxy --port=0 --api-prefix=/up/ --reject-paths=^/api/v1/nodes'), served, '/up/version'),
    ).toContain('gitVersion');
    await s.says(`get --raw ${path}/pods/web-box:8080/proxy/`, 'hello');
    await s.says('describe service web-box', /^Endpoints: +\d+\.\d+\.\d+\.\d+:8080$/m);
    await s.says('get endpointslices -l kubernetes.io/service-name=web-box', /^web-box-\w+ +IPv4 +8080 +\d+\./m);
    await s.ask('delete pod,service -l app=web-box --now');
  },
};
