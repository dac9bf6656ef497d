import type { Node } from '../../../api/core/node.ts';
import type { ResolvedVolumes } from '../volumes/volume-resolution.ts';
import type { World } from '../world.ts';
import type { Constraint, NodeTest, UseTest } from './constraint.ts';

/**
 * A pod goes where its volumes are, or can be (Kubernetes docs, "Persistent Volumes", "Storage Classes", "Node-specific Volume
 * Limits"): VolumeBinding, VolumeZone, VolumeRestrictions and NodeVolumeLimits in Kubernetes' terms.
 */
export const volumes: Constraint = {
  name: 'volumes',
  bearing({ footprint }, { volumes: book }) {
    return footprint.volumes && (book.resolve(footprint.volumes).key || undefined);
  },
  compile({ footprint }, world) {
    const resolved = footprint.volumes && world.volumes.resolve(footprint.volumes);
    if (!resolved?.key) return undefined;
    return { node: testOfNode(resolved), use: testOfUse(resolved, world) };
  },
};

function testOfNode({ fault, places }: ResolvedVolumes): NodeTest | undefined {
  if (fault !== undefined) return { admits: () => false, refusal: () => fault };
  const affinities = places.flatMap(({ affinity }) => affinity ?? []);
  const zones = places.flatMap(({ zone }) => zone ?? []);
  if (affinities.length + zones.length === 0) return undefined;
  const reaches = (node: Node) => affinities.every((admits) => admits(node));
  return {
    admits: (node) => reaches(node) && zones.every((admits) => admits(node)),
    refusal: (node) =>
      reaches(node) ? 'node(s) had no available volume zone' : 'node(s) had volume node affinity conflict',
  };
}

interface UseRule {
  admits(slot: number): boolean;
  readonly refusal: string;
}

function testOfUse(resolved: ResolvedVolumes, world: World): UseTest | undefined {
  const rules = rulesOf(resolved, world);
  if (rules.length === 0) return undefined;
  return {
    admits: (slot) => rules.every((rule) => rule.admits(slot)),
    refusals: (slot) => rules.filter((rule) => !rule.admits(slot)).map(({ refusal }) => refusal),
  };
}

function rulesOf({ disks, exclusive, attachments, unbound }: ResolvedVolumes, world: World): UseRule[] {
  const { cell, volumes: book } = world;
  const rules: UseRule[] = [];
  const add = (applies: boolean, refusal: string, admits: UseRule['admits']) => {
    if (applies) rules.push({ admits, refusal });
  };
  add(disks.length > 0, 'node(s) had no available disk', (slot) => !book.disksConflict(slot, disks));
  add(
    exclusive.length > 0,
    'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode',
    () => !exclusive.some((claim) => book.isUsed(claim)),
  );
  add(attachments.length > 0, 'node(s) exceed max volume count', (slot) =>
    book.canAttach(slot, cell.nameAt(slot), attachments),
  );
  add(unbound.length > 0, "node(s) didn't find available persistent volumes to bind", (slot) => {
    const node = cell.node(slot);
    return node !== undefined && book.canBind(unbound, node);
  });
  return rules;
}
