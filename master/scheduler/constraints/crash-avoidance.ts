import type { Constraint } from './constraint.ts';

/** More than all other points together: such a node is taken only when no other is left. */
const PENALTY = -1000;

/**
 * A pod's controller whose pods keep crashing on a node tries others first for a while (Borg "avoids repeating task::machine
 * pairings that cause task or machine crashes", EuroSys'15 section 4).
 */
export const crashAvoidance: Constraint = {
  name: 'CrashAvoidance',
  bearing: ({ ownerUid }, { crashes }) => (ownerUid ? crashes.avoidedKey(ownerUid) : undefined),
  compile({ ownerUid }, { crashes }) {
    const avoided = ownerUid ? crashes.avoided(ownerUid) : [];
    if (avoided.length === 0) return undefined;
    const names = new Set(avoided);
    return { worth: (node) => (names.has(node.metadata?.name ?? '') ? PENALTY : 0) };
  },
};
