import { type Secret, secrets } from '../../api/core/secret.ts';
import { metaOf } from '../../api/meta/object.ts';
import { type Ingress, type IngressBackend, ingresses } from '../../api/networking/ingress.ts';
import { ingressClasses } from '../../api/networking/ingress-class.ts';
import { isServed } from '../../api/networking/ingress-serving.ts';
import type { NetworkBackend, NetworkCertificate, NetworkIngress } from '../../proto/network.ts';
import type { Cache } from '../store/cache.ts';
import type { Tell } from './network-guarding.ts';

/**
 * Tells of the ingresses that the cell serves, and of the certificates that they name; of no other secrets. Owns which ingresses name
 * each certificate.
 */
export class NetworkIngresses {
  readonly #cache: Cache;
  readonly #tell: Tell;
  /** Ingresses by the secret that they name, and the other way round. */
  readonly #users = new Map<string, Set<string>>();
  readonly #named = new Map<string, readonly string[]>();

  constructor(cache: Cache, tell: Tell) {
    this.#cache = cache;
    this.#tell = tell;
  }

  /** Returns what ends it. */
  start(): () => void {
    const cache = this.#cache;
    const lookAtAll = () => {
      for (const ingress of cache.list(ingresses)) this.#changed(ingress, false);
    };
    lookAtAll();
    const ends = [
      cache.subscribe(ingresses, ({ type, object }) => this.#changed(object, type === 'deleted')),
      cache.subscribe(ingressClasses, lookAtAll),
      cache.subscribe(secrets, ({ type, object }) => {
        if (this.#users.has(keyOf(object))) this.#tellSecret(keyOf(object), type === 'deleted' ? undefined : object);
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  #changed(ingress: Ingress, isGone: boolean): void {
    const key = keyOf(ingress);
    const classNamed = (name: string) => this.#cache.get(ingressClasses, undefined, name);
    const told = !isGone && isServed(ingress, classNamed) ? toldOfIngress(ingress) : undefined;
    this.#name(key, [...new Set((told?.tls ?? []).map(({ certificate }) => certificate))]);
    this.#tell('ingress', key, told);
  }

  #name(ingress: string, secretKeys: readonly string[]): void {
    for (const key of this.#named.get(ingress) ?? []) {
      const users = this.#users.get(key);
      users?.delete(ingress);
      if (users?.size !== 0 || secretKeys.includes(key)) continue;
      this.#users.delete(key);
      this.#tell('certificate', key, undefined);
    }
    this.#named.set(ingress, secretKeys);
    for (const key of secretKeys) {
      this.#users.set(key, (this.#users.get(key) ?? new Set()).add(ingress));
      const [namespace, name = ''] = key.split('/');
      this.#tellSecret(key, this.#cache.get(secrets, namespace, name));
    }
  }

  #tellSecret(key: string, secret: Secret | undefined): void {
    this.#tell('certificate', key, secret && toldOfSecret(secret));
  }
}

const keyOf = (object: Ingress | Secret): string => `${metaOf(object).namespace}/${metaOf(object).name}`;

export function toldOfIngress(ingress: Ingress): NetworkIngress {
  const { namespace = '', name = '', creationTimestamp = '' } = metaOf(ingress);
  const { defaultBackend, rules = [], tls = [] } = ingress.spec ?? {};
  return {
    ...{ namespace, name, madeMs: Date.parse(creationTimestamp) || 0 },
    fallback: defaultBackend && toldOfBackend(defaultBackend),
    rules: rules.map(({ host, http }) => ({
      ...(host && { host: host.toLowerCase() }),
      paths: (http?.paths ?? []).flatMap(({ path = '/', pathType, backend }) => {
        const told = toldOfBackend(backend);
        return told ? [{ ...(pathType === 'Exact' && { exact: true as const }), path, backend: told }] : [];
      }),
    })),
    tls: tls.flatMap(({ hosts = [], secretName }) =>
      secretName ? [{ hosts: hosts.map((host) => host.toLowerCase()), certificate: `${namespace}/${secretName}` }] : [],
    ),
  };
}

/** Objects other than services are nothing that is served. */
function toldOfBackend({ service }: IngressBackend): NetworkBackend | undefined {
  const port = service?.port?.name || service?.port?.number;
  return service && port ? { service: service.name, port } : undefined;
}

/** Kubernetes docs, "Secrets", "TLS Secrets". */
function toldOfSecret({ data = {} }: Secret): NetworkCertificate | undefined {
  const [certificates, key] = [data['tls.crt'], data['tls.key']];
  if (!certificates || !key) return undefined;
  const text = (base64: string) => Buffer.from(base64, 'base64').toString('utf8');
  return { certificates: text(certificates), key: text(key) };
}
