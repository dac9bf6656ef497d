import { LOCAL_PATH_BASE, LOCAL_PATH_PROVISIONER, PATH_PARAMETER } from '../../../api/core/local-path.ts';
import { type Node, nodes } from '../../../api/core/node.ts';
import { persistentVolumes } from '../../../api/core/persistent-volume.ts';
import { classOfClaim, SELECTED_NODE } from '../../../api/core/persistent-volume-binding.ts';
import { type PersistentVolumeClaim, persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { type StorageClass, storageClasses } from '../../../api/storage/storage-class.ts';
import type { CacheReader } from '../../store/cache.ts';
import { create, type Decision, event, update } from '../kit/decision.ts';
import { localPathVolume, volumeNameOf } from './local-path-volume.ts';

/** Who says so, in events. */
export const COMPONENT = LOCAL_PATH_PROVISIONER;

/** Makes the volume that a claim asks for, or says why not. The claim is bound to it by whoever binds claims. */
export function claimDecisions(view: CacheReader, claim: PersistentVolumeClaim): Decision[] {
  const storageClass = view.get(storageClasses, undefined, classOfClaim(claim));
  if (storageClass?.provisioner !== LOCAL_PATH_PROVISIONER) return [];
  if (view.get(persistentVolumes, undefined, volumeNameOf(claim))) return [];
  const fault = faultOf(claim, storageClass);
  if (fault !== undefined) return [refuse(claim, fault)];
  const nodeName = metaOf(claim).annotations?.[SELECTED_NODE];
  if (nodeName === undefined) return [];
  const node = view.get(nodes, undefined, nodeName);
  if (!node) return chooseAgain(claim, nodeName);
  const base = storageClass.parameters?.[PATH_PARAMETER] ?? metaOf(node).annotations?.[LOCAL_PATH_BASE];
  if (!base?.startsWith('/')) return [refuse(claim, noBase(node, base))];
  return [provision(claim, storageClass, node, base)];
}

/** What a directory of one machine cannot be. */
function faultOf({ spec = {} }: PersistentVolumeClaim, storageClass: StorageClass): string | undefined {
  const modes = (spec.accessModes ?? []).filter((mode) => mode !== 'ReadWriteOnce' && mode !== 'ReadWriteOncePod');
  if (modes.length > 0)
    return `a directory of one machine cannot be ${modes.join(' and ')}: ask for ReadWriteOnce or ReadWriteOncePod`;
  if (spec.volumeMode === 'Block') return 'a directory is no block device: ask for the volumeMode Filesystem';
  if (spec.selector) return 'a volume that is made has no labels to select it by: leave out spec.selector';
  if (spec.dataSource || spec.dataSourceRef)
    return 'nothing here fills volumes: leave out spec.dataSource and spec.dataSourceRef';
  if (storageClass.volumeBindingMode !== 'WaitForFirstConsumer')
    return `the class "${metaOf(storageClass).name}" binds at once, before it is known which machine needs the volume: its volumeBindingMode must be WaitForFirstConsumer`;
  return undefined;
}

const noBase = (node: Node, base: string | undefined): string =>
  base === undefined
    ? `the agent of node "${metaOf(node).name}" has not said where it keeps volumes (annotation ${LOCAL_PATH_BASE}): it must be of this version, or the class must have the parameter "${PATH_PARAMETER}"`
    : `the parameter "${PATH_PARAMETER}" of the class must be an absolute path, and is "${base}"`;

/** The machine is gone; the scheduler is asked for another. */
const chooseAgain = (claim: PersistentVolumeClaim, nodeName: string): Decision[] => [
  update(
    persistentVolumeClaims,
    claim,
    (current) => {
      const { [SELECTED_NODE]: chosen, ...annotations } = metaOf(current).annotations ?? {};
      if (chosen === nodeName) metaOf(current).annotations = annotations;
    },
    { announce: failure(claim, `node "${nodeName}", for which the volume was to be made, is gone`) },
  ),
];

const failure = (about: PersistentVolumeClaim, message: string) =>
  ({ about, component: COMPONENT, type: 'Warning', reason: 'ProvisioningFailed', message }) as const;

const refuse = (claim: PersistentVolumeClaim, why: string): Decision => event(failure(claim, why));

function provision(claim: PersistentVolumeClaim, storageClass: StorageClass, node: Node, base: string): Decision {
  const volume = localPathVolume(claim, storageClass, node, base);
  const message = `Successfully provisioned volume ${metaOf(volume).name}: ${volume.spec?.hostPath?.path} on node ${metaOf(node).name}`;
  const announce = {
    about: claim,
    component: COMPONENT,
    type: 'Normal',
    reason: 'ProvisioningSucceeded',
    message,
  } as const;
  return create(persistentVolumes, volume, { announce, complain: failure(claim, 'could not make the volume') });
}
