import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Node } from '../../api/core/node.ts';
import type { PodSpec } from '../../api/core/pod-spec.ts';
import type { PodFacts } from './constraints/constraint.ts';
import { images } from './constraints/images.ts';
import { packages } from './constraints/packages.ts';
import { fullImageName, ImageBook, localityPoints } from './images.ts';
import type { World } from './world.ts';

const MB = 1024 * 1024;
const node = (sizes: Record<string, number>): Node => ({
  metadata: { name: 'n' },
  status: { images: Object.entries(sizes).map(([name, mb]) => ({ names: [name], sizeBytes: mb * MB })) },
});

test.each([
  ['nginx', 'docker.io/library/nginx:latest'],
  ['nginx:1.27', 'docker.io/library/nginx:1.27'],
  ['docker.io/nginx', 'docker.io/library/nginx:latest'],
  ['index.docker.io/library/nginx', 'docker.io/library/nginx:latest'],
  ['grafana/grafana', 'docker.io/grafana/grafana:latest'],
  ['localhost/app', 'localhost/app:latest'],
  ['registry:5000/app', 'registry:5000/app:latest'],
  ['registry:5000/team/app:v1', 'registry:5000/team/app:v1'],
  ['ghcr.io/team/app', 'ghcr.io/team/app:latest'],
  ['nginx@sha256:ab', 'docker.io/library/nginx@sha256:ab'],
  ['nginx:1.27@sha256:ab', 'docker.io/library/nginx@sha256:ab'],
])('the full name of %s', (name, full) => {
  expect(fullImageName(name)).toBe(full);
  expect(fullImageName(full)).toBe(full);
});

describe('book', () => {
  test('counts images of more than 23 MB, under all their names', () => {
    const book = new ImageBook();
    book.setNode(0, {
      status: {
        images: [
          { names: ['big:1', 'big@sha256:ab'], sizeBytes: 100 * MB },
          { names: ['small'], sizeBytes: 23 * MB },
        ],
      },
    });
    const names = ['big:1', 'big@sha256:ab', 'big', 'small'].map(fullImageName);
    expect(names.map((name) => book.isRelevant(name))).toEqual([true, true, false, false]);
    expect(names.map((name) => book.bytesOn(0, name) / MB)).toEqual([100, 100, 0, 0]);
    expect(book.bytesOn(1, names[0]!)).toBe(0);
  });

  test('says whether anything changed, and its version when it matters', () => {
    const book = new ImageBook();
    const setNode = (slot: number, sizes: Record<string, number>) => {
      const before = book.version;
      const changed = book.setNode(slot, node(sizes));
      return { changed, version: book.version !== before };
    };
    expect(setNode(0, { a: 100 })).toEqual({ changed: true, version: true });
    expect(setNode(0, { a: 100 })).toEqual({ changed: false, version: false });
    expect(setNode(1, { a: 100 })).toEqual({ changed: true, version: false });
    expect(setNode(1, { a: 200 })).toEqual({ changed: true, version: false });
    expect(setNode(0, {})).toEqual({ changed: true, version: false });
    expect(setNode(1, { a: 1 })).toEqual({ changed: true, version: true });
    expect(book.setNode(2, { metadata: { name: 'bare' } })).toBe(false);
  });

  test('knows what the nodes have that there are', () => {
    const sizes = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(1, 50, 500));
    const change = fc.record({ slot: fc.nat(2), sizes: fc.option(sizes, { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const book = new ImageBook();
        const nodes = new Map<number, Record<string, number>>();
        for (const { slot, sizes: next } of changes) {
          if (next) book.setNode(slot, node(next));
          else book.removeNode(slot);
          nodes.set(slot, next ?? {});
        }
        for (const name of ['a', 'b', 'c']) {
          const full = fullImageName(name);
          const counted = (slot: number) => [nodes.get(slot)?.[name] ?? 0].filter((mb) => mb > 23)[0] ?? 0;
          expect([0, 1, 2].map((slot) => book.bytesOn(slot, full) / MB)).toEqual([0, 1, 2].map(counted));
          expect(book.isRelevant(full)).toBe([0, 1, 2].some((slot) => counted(slot) > 0));
        }
      }),
    );
  });
});

test.each([
  [0, 1, 0],
  [23 * MB, 1, 0],
  [511.5 * MB, 1, 50],
  [1000 * MB, 1, 100],
  [5000 * MB, 1, 100],
  [1011.5 * MB, 2, 50],
])('%d bytes of %d images are %d points', (bytes, count, points) => {
  expect(localityPoints(bytes, count)).toBeCloseTo(points);
});

describe('constraints', () => {
  const book = new ImageBook();
  book.setNode(0, node({ web: 500, 'data/set:1': 1000 }));
  book.setNode(1, node({ tiny: 5 }));
  const world = { images: book } as unknown as World;
  const facts = (...names: string[]) =>
    ({ spec: { containers: names.map((image) => ({ name: 'c', image })) } }) as unknown as PodFacts;

  test('pods that differ in images no node has share a shape', () => {
    expect(images.bearing(facts('tiny'), world)).toBeUndefined();
    expect(images.compile(facts('tiny'), world)).toBeUndefined();
    expect(images.bearing(facts('web', 'x'), world)).toBe(images.bearing(facts('y', 'docker.io/web'), world));
    expect(images.bearing(facts('web'), world)).not.toBe(images.bearing(facts('web', 'x'), world));
  });

  test('a node is worth the images it has', () => {
    const { worth } = images.compile(facts('web', 'x'), world)!;
    expect(worth!(node({}), 0)).toBeCloseTo(localityPoints(500 * MB, 2));
    expect(worth!(node({}), 1)).toBe(0);
  });

  test('and the packages', () => {
    const spec: PodSpec = {
      containers: [{ name: 'c', image: 'web' }],
      volumes: [
        { name: 'data', image: { reference: 'data/set:1' } },
        { name: 'tmp', emptyDir: {} },
      ],
    };
    const pod = { spec } as unknown as PodFacts;
    expect(packages.compile(pod, world)!.worth!(node({}), 0)).toBe(100);
    expect(packages.bearing(facts('web'), world)).toBeUndefined();
  });
});
