import { conditionOf } from '../../../api/core/conditions.ts';
import { type Node, nodes } from '../../../api/core/node.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { type Ingress, ingresses } from '../../../api/networking/ingress.ts';
import { ingressClasses } from '../../../api/networking/ingress-class.ts';
import { isServed, OWN_CLASS, OWN_CONTROLLER, servesIngresses } from '../../../api/networking/ingress-serving.ts';
import { sameJson } from '../kit/canonical-json.ts';
import { type Controller, type ControllerView, keyOf, lookUp, watch } from '../kit/controller.ts';
import { create, updateStatus } from '../kit/decision.ts';

const CLASS_KEY = 'class';

/**
 * Says in each ingress at which addresses it is served: those of the nodes that do and are ready; and makes the class of those that are
 * (Kubernetes docs, "Ingress"). Of what is served by others it says nothing.
 */
export function ingressController(): Controller {
  let serving = new Set<string>();
  return {
    name: 'ingress',
    watches: [
      watch(ingresses, ({ object }) => [keyOf(object)]),
      watch(ingressClasses, (_change, view) => [CLASS_KEY, ...view.list(ingresses).map(keyOf)]),
      watch(nodes, ({ type, object }, view) => {
        const name = metaOf(object).name ?? '';
        const serves = type !== 'deleted' && addressOf(object) !== undefined;
        if (serves === serving.has(name)) return type === 'added' ? [CLASS_KEY] : [];
        serving = new Set(serving);
        if (serves) serving.add(name);
        else serving.delete(name);
        return [CLASS_KEY, ...view.list(ingresses).map(keyOf)];
      }),
    ],
    reconcile(view, key) {
      if (key === CLASS_KEY) return view.get(ingressClasses, undefined, OWN_CLASS) ? [] : [create(ingressClasses, OWN)];
      const ingress = lookUp(view, ingresses, key);
      if (!ingress || !isServed(ingress, (name) => view.get(ingressClasses, undefined, name))) return [];
      return settle(ingress, addresses(view, serving));
    },
  };
}

const OWN = { metadata: { name: OWN_CLASS }, spec: { controller: OWN_CONTROLLER } };

/** Undefined: it does not serve. */
function addressOf(node: Node): string | undefined {
  if (!servesIngresses(node) || conditionOf(node.status?.conditions, 'Ready')?.status !== 'True') return undefined;
  return node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
}

const addresses = (view: ControllerView, serving: ReadonlySet<string>): string[] =>
  [...serving].flatMap((name) => addressOf(view.get(nodes, undefined, name) ?? {}) ?? []).sort();

function settle(ingress: Ingress, ips: readonly string[]) {
  const wanted = ips.map((ip) => ({ ip }));
  const found = (ingress.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ({ ip }));
  if (sameJson(found, wanted)) return [];
  return [
    updateStatus(ingresses, ingress, (current) => {
      current.status = { ...current.status, loadBalancer: wanted.length > 0 ? { ingress: wanted } : {} };
    }),
  ];
}
