import { expect, test } from 'vitest';
import { type Pod, pods } from '../../../api/core/pod.ts';
import type { CacheReader } from '../../store/cache.ts';
import { bandCounting } from './band-usage.ts';
import { UsageOnDemand } from './usage-book.ts';

const pod = (name: string): Pod => ({
  metadata: { name, namespace: 'team', uid: name },
  spec: { containers: [{ name: 'main', image: 'a:1' }] },
});
const all = () => true;

test('usage is counted from the first question on, with all that was there before it', () => {
  const present = [pod('a')];
  const lists: string[] = [];
  const view = {
    revision: 1,
    list(resource: { plural: string }) {
      lists.push(resource.plural);
      return present;
    },
  } as unknown as CacheReader;
  const usage = new UsageOnDemand(pods, bandCounting);
  // Nobody knows yet whether it matters.
  expect(usage.apply({ type: 'added', object: present[0]!, revision: 1 })).toBe(true);
  expect(usage.of(view).total('team', all).get('pods')).toBe(1);
  expect(usage.apply({ type: 'added', object: pod('b'), revision: 2 })).toBe(true);
  expect(usage.apply({ type: 'modified', object: pod('b'), previous: pod('b'), revision: 3 })).toBe(false);
  expect(usage.of(view).total('team', all).get('pods')).toBe(2);
  expect(lists).toEqual(['pods']);
});
