import { describe, expect, test } from 'vitest';
import type { PodTemplateSpec } from '../../../api/core/pod-template.ts';
import { podSpec } from '../samples.suite.ts';
import { templateHash } from './template-hash.ts';

const template: PodTemplateSpec = { metadata: { labels: { app: 'web', tier: 'front' } }, spec: podSpec() };

describe('template hash', () => {
  test('does not depend on the order of keys or on fields that are absent', () => {
    const same: PodTemplateSpec = {
      spec: { ...podSpec(), hostname: undefined },
      metadata: { labels: { tier: 'front', app: 'web' } },
    };
    expect(templateHash(same, undefined)).toBe(templateHash(template, 0));
  });

  test('differs for another template and after a collision, and can stand in a name and a label', () => {
    const hashes = [
      templateHash(template, 0),
      templateHash(template, 1),
      templateHash({ ...template, spec: podSpec('shop:2') }, 0),
    ];
    expect(new Set(hashes).size).toBe(3);
    for (const hash of hashes) expect(hash).toMatch(/^[a-z0-9]{7}$/);
  });

  test('stays what it is: a new version of the program must not roll every Deployment', () => {
    expect(templateHash(template, 0)).toMatchInlineSnapshot(`"cswtlq7"`);
  });
});
