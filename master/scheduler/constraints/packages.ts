import { locality } from './images.ts';

/** Data packages: images mounted as volumes (Kubernetes docs, "Volumes", image). */
export const packages = locality('packages', ({ volumes = [] }) => {
  const references: string[] = [];
  for (const { image } of volumes) if (image?.reference) references.push(image.reference);
  return references;
});
