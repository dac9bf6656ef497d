import type { Engine } from '../../test/docker.ts';
import { TEST_IMAGE } from '../../test/docker.ts';
import { atMost, type Figure, known } from '../report.ts';
import { type AgentRig, PODS as PODS_PATH } from './rig.ts';

type Say = (progress: string) => void;

const PODS = 200;
const SPEC = {
  // With none at all the API forgets a pod before its agent has ended it.
  terminationGracePeriodSeconds: 1,
  automountServiceAccountToken: false,
  containers: [{ name: 'main', image: TEST_IMAGE, command: ['/bin/busybox', 'sleep', '100000'] }],
};

/** Many pods that are deleted at once: how long it takes until nothing is left of them, in the API and in the engine. */
export async function crowdDeleted(rig: AgentRig, engine: Engine, say: Say): Promise<Figure[]> {
  const names = Array.from({ length: PODS }, (_, index) => `crowd-${index}`);
  const cellId = await rig.cellId();
  say(`starting ${PODS} pods`);
  const beforeMs = performance.now();
  await Promise.all(names.map((name) => rig.create(name, SPEC)));
  await rig.ready(PODS);
  const startedMs = performance.now();
  say('deleting them at once');
  await Promise.all(names.map((name) => rig.client.json('DELETE', `${PODS_PATH}/${name}`)));
  await rig.allGone();
  const goneMs = performance.now();
  const left = (await engine.containers(cellId)).length;
  return [
    known(`${PODS} pods created at once, all ready`, (startedMs - beforeMs) / 1000, 's'),
    known(`${PODS} pods deleted at once, all gone`, (goneMs - startedMs) / 1000, 's'),
    atMost('containers that outlived their pods', left, '', 0),
  ];
}
