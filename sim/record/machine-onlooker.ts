import type { MachineOnlooker } from '../cell.ts';
import type { Note } from './recorder.ts';

const POD_UID = 'io.kubernetes.pod.uid';
const CONTAINER_NAME = 'io.kubernetes.container.name';

/** What is seen at the machines themselves. Sandboxes are not told of: nobody declared them. */
export function machineOnlooker(note: (note: Note) => void): MachineOnlooker {
  return {
    ran(machine, { id, labels }, running) {
      const name = labels[CONTAINER_NAME] ?? '';
      if (name === 'POD') return;
      note({ type: 'container', machine, container: id, podUid: labels[POD_UID] ?? '', name, running });
    },
    heard(machine, message) {
      for (const { plural, namespace, name } of message.assignments?.upserts ?? []) {
        if (plural !== 'secrets' && plural !== 'configmaps') continue;
        note({ type: 'handed', machine, target: { resource: `/${plural}`, namespace, name } });
      }
    },
    powered: (machine, up) => note({ type: 'machine', machine, up }),
  };
}
