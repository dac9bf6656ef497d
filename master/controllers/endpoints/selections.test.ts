import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Pod } from '../../../api/core/pod.ts';
import type { Service } from '../../../api/core/service.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { CacheReader, Change } from '../../store/cache.ts';
import { keyOf } from '../kit/controller.ts';
import { Selections, selectorOf } from './selections.ts';

type Labels = Record<string, string>;
type Step = { kind: 'pod' | 'service'; namespace: string; name: string; labels: Labels | undefined };

const few = <T>(...values: T[]) => fc.constantFrom(...values);
const labels = fc.dictionary(few('app', 'tier', 'zone'), few('a', 'b'), { maxKeys: 3 });
const step: fc.Arbitrary<Step> = fc.record({
  kind: few('pod' as const, 'service' as const),
  namespace: few('shop', 'dock'),
  name: few('x', 'y', 'z'),
  // Absent: it goes.
  labels: fc.option(labels, { nil: undefined, freq: 4 }),
});

/** What there is, and one change after the other made to it. */
class Shelf {
  readonly #objects = new Map<string, Pod | Service>();

  /** The change that the step makes; none where what shall go is not there. */
  take({ kind, namespace, name, labels }: Step): Change<Pod> | Change<Service> | undefined {
    const key = `${kind}/${namespace}/${name}`;
    const previous = this.#objects.get(key);
    if (!labels) {
      this.#objects.delete(key);
      return previous && ({ type: 'deleted', object: previous, previous } as Change<Pod>);
    }
    const metadata = { namespace, name };
    const object = kind === 'pod' ? { metadata: { ...metadata, labels } } : { metadata, spec: { selector: labels } };
    this.#objects.set(key, object as Pod | Service);
    return { type: previous ? 'modified' : 'added', object, previous } as Change<Pod>;
  }

  all<T extends Pod | Service>(kind: Step['kind'], namespace?: string): T[] {
    const found = [...this.#objects].filter(([key]) => key.startsWith(`${kind}/${namespace ?? ''}`));
    return found.map(([, object]) => object as T);
  }

  get view(): CacheReader {
    return {
      list: (_resource: unknown, namespace: string) => this.all('pod', namespace),
      get: (_resource: unknown, namespace: string, name: string) => this.#objects.get(`pod/${namespace}/${name}`),
    } as unknown as CacheReader;
  }

  /** Names of the service's pods, by a look at all of them. */
  selectedBy(service: Service): string[] {
    const wanted = Object.entries(selectorOf(service) ?? {});
    const mine = this.all<Pod>('pod', metaOf(service).namespace);
    const selected = wanted.length === 0 ? [] : mine.filter(({ metadata }) => matches(wanted, metadata?.labels));
    return selected.map((pod) => metaOf(pod).name ?? '').sort();
  }
}

const matches = (wanted: [string, string][], labels: Labels = {}) =>
  wanted.every(([key, value]) => labels[key] === value);

test('whatever comes and goes, in whatever order, a service has the pods that a look at all of them would find', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const shelf = new Shelf();
      const selections = new Selections();
      for (const each of steps) {
        const before = new Map(
          shelf.all<Service>('service').map((service) => [keyOf(service), shelf.selectedBy(service)]),
        );
        const change = shelf.take(each);
        if (!change) continue;
        if (each.kind === 'service') selections.serviceChanged(shelf.view, change as Change<Service>);
        else {
          const told = selections.podChanged(change as Change<Pod>, false);
          const moved = shelf.all<Service>('service').filter((service) => {
            return String(before.get(keyOf(service))) !== String(shelf.selectedBy(service));
          });
          expect(told.sort()).toEqual(moved.map(keyOf).sort());
        }
        for (const service of shelf.all<Service>('service')) {
          const found = selections.podsOf(shelf.view, service).map((pod) => metaOf(pod).name);
          expect(found).toEqual(shelf.selectedBy(service));
        }
      }
      // Nothing stays behind once all is gone.
      for (const kind of ['service', 'pod'] as const) {
        for (const object of shelf.all(kind)) {
          const change = shelf.take({
            kind,
            ...(metaOf(object) as { namespace: string; name: string }),
            labels: undefined,
          });
          if (kind === 'service') selections.serviceChanged(shelf.view, change as Change<Service>);
          else selections.podChanged(change as Change<Pod>, true);
        }
      }
      const again = shelf.take({ kind: 'pod', namespace: 'shop', name: 'x', labels: { app: 'a' } }) as Change<Pod>;
      expect(selections.podChanged(again, true)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
