import type { DaemonSet } from '../../../api/apps/daemon-set.ts';
import type { Rng } from '../../../platform/rng.ts';
import type { Decision } from '../kit/decision.ts';
import { shareOf } from '../kit/share.ts';
import { isAvailable, type Place } from './census.ts';
import { made, removed } from './placement.ts';

/**
 * Replaces pods of earlier templates (Kubernetes docs, "Perform a Rolling Update on a DaemonSet"): without surge an old pod goes
 * first, at most `maxUnavailable` nodes being without one that is available; with surge the new one comes first, on at most `maxSurge`
 * nodes at once, and the old one goes when it is available. An old pod that is not available is lost to nobody and goes at once.
 */
export function updateDecisions(
  set: DaemonSet,
  places: readonly Place[],
  hash: string,
  nowMs: number,
  rng: Rng,
): Decision[] {
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
  if (type === 'OnDelete') return [];
  const targets = places.filter(({ should }) => should);
  const maxSurge = shareOf(rollingUpdate?.maxSurge ?? 0, targets.length, Math.ceil);
  if (maxSurge > 0) return withSurge(set, targets, maxSurge, hash, nowMs, rng);
  const maxUnavailable = shareOf(rollingUpdate?.maxUnavailable ?? 1, targets.length, Math.ceil);
  return withoutSurge(set, targets, Math.max(1, maxUnavailable), nowMs);
}

function withoutSurge(set: DaemonSet, targets: readonly Place[], maxUnavailable: number, nowMs: number): Decision[] {
  const decisions: Decision[] = [];
  const candidates: Place[] = [];
  let unavailable = 0;
  for (const place of targets) {
    const [pod] = place.fresh.length > 0 ? place.fresh : place.stale;
    const up = isAvailable(set, pod, nowMs);
    if (!up) unavailable++;
    if (place.fresh.length > 0 || !pod) continue;
    if (up) candidates.push(place);
    else decisions.push(removed(set, pod));
  }
  for (const { stale } of candidates.slice(0, Math.max(0, maxUnavailable - unavailable))) {
    if (stale[0]) decisions.push(removed(set, stale[0]));
  }
  return decisions;
}

function withSurge(
  set: DaemonSet,
  targets: readonly Place[],
  maxSurge: number,
  hash: string,
  nowMs: number,
  rng: Rng,
): Decision[] {
  const decisions: Decision[] = [];
  let surging = targets.filter(({ fresh, stale }) => fresh.length > 0 && stale.length > 0).length;
  for (const { name, fresh, stale, leaving } of targets) {
    const [old] = stale;
    if (!old) continue;
    if (!isAvailable(set, old, nowMs) || isAvailable(set, fresh[0], nowMs)) decisions.push(removed(set, old));
    else if (fresh.length === 0 && !leaving && surging < maxSurge) {
      surging++;
      decisions.push(made(set, name, hash, rng));
    }
  }
  return decisions;
}
