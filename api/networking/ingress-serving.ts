import type { Node } from '../core/node.ts';
import { INGRESS_LABEL, INGRESS_PORTS } from '../core/node-network.ts';
import { metaOf } from '../meta/object.ts';
import { CLASS_ANNOTATION, type Ingress } from './ingress.ts';
import type { IngressClass } from './ingress-class.ts';

/** Which ingresses the cell serves by itself, and where ("Ingress Controllers"). Pure. */

/** The class that is served, and who serves it, should there be more classes. */
export const OWN_CLASS = 'stowage';
export const OWN_CONTROLLER = 'stowage.dev/ingress';

export const servesIngresses = (node: Node | undefined): boolean => {
  const { labels = {}, annotations = {} } = metaOf(node ?? {});
  return (
    Boolean(annotations[INGRESS_PORTS]) && labels[INGRESS_LABEL] !== undefined && labels[INGRESS_LABEL] !== 'false'
  );
};

export function isServed(ingress: Ingress, classNamed: (name: string) => IngressClass | undefined): boolean {
  const name = ingress.spec?.ingressClassName || metaOf(ingress).annotations?.[CLASS_ANNOTATION];
  if (!name) return false;
  return name === OWN_CLASS || classNamed(name)?.spec?.controller === OWN_CONTROLLER;
}
