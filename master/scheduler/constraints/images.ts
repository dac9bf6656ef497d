import type { PodSpec } from '../../../api/core/pod-spec.ts';
import { localityPoints } from '../images.ts';
import type { Constraint } from './constraint.ts';

/**
 * Nodes are better the more they have already of what the pod must have fetched (Borg, EuroSys'15 section 3.2; Kubernetes'
 * ImageLocality). Images that no node has, or that are small, have no bearing: pods that differ in those alone share a shape.
 */
export function locality(name: string, imagesOf: (spec: PodSpec) => readonly string[]): Constraint {
  return {
    name,
    bearing({ spec }, { images: book }) {
      const images = imagesOf(spec);
      const relevant = book.relevant(images);
      return relevant.length > 0 ? `${images.length} ${relevant.join()}` : undefined;
    },
    compile({ spec }, { images: book }) {
      const images = imagesOf(spec);
      const relevant = book.relevant(images);
      if (relevant.length === 0) return undefined;
      return {
        worth(_, slot) {
          let bytes = 0;
          for (const image of relevant) bytes += book.bytesOn(slot, image);
          return localityPoints(bytes, images.length);
        },
      };
    },
  };
}

/** Images of the containers; one that two containers have counts twice. */
export const images: Constraint = locality('images', ({ initContainers = [], containers }) =>
  [...initContainers, ...containers].map(({ image = '' }) => image),
);
