import { expect, test } from 'vitest';
import { isReference } from './reference.ts';

const digest = `sha256:${'0'.repeat(64)}`;
test.each([
  'nginx',
  'nginx:1.27',
  'a/b',
  'team/my-app__x:V1',
  'localhost:5000/app',
  'Registry.Example/a/b.c:1',
  `a@${digest}`,
  `[::1]:5000/a:1@${digest}`,
])('%s names an image', (image) => expect(isReference(image)).toBe(true));
test.each([
  '',
  'Nginx',
  'a//b',
  '/a',
  'a/',
  'a:',
  'a b',
  'a:-1',
  'a@sha256:12',
  'https://registry.example/a',
  'a/B',
  'a_-b',
])('"%s" does not', (image) => expect(isReference(image)).toBe(false));
