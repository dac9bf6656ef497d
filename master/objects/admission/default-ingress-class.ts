import { isSameResource } from '../../../api/meta/definition.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { CLASS_ANNOTATION, type Ingress, ingresses } from '../../../api/networking/ingress.ts';
import { IS_DEFAULT_CLASS, ingressClasses } from '../../../api/networking/ingress-class.ts';
import type { AdmissionRule } from './admission.ts';
import { newestName } from './newest.ts';

/**
 * An ingress that says nothing of a class gets the default one, of several the newest (Kubernetes docs, "Admission Controllers",
 * DefaultIngressClass).
 */
export const defaultIngressClass: AdmissionRule = {
  name: 'DefaultIngressClass',
  admit({ operation, resource, object }, view) {
    if (operation !== 'create' || !isSameResource(resource, ingresses)) return undefined;
    const { metadata, spec } = object as Ingress;
    if (!spec || spec.ingressClassName !== undefined || metadata?.annotations?.[CLASS_ANNOTATION] !== undefined)
      return undefined;
    const name = newestName(
      view.list(ingressClasses).filter((each) => metaOf(each).annotations?.[IS_DEFAULT_CLASS] === 'true'),
    );
    if (name) spec.ingressClassName = name;
    return undefined;
  },
};
