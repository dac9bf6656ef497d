import type { WebhookClientConfig } from '../../../api/admissionregistration/webhook.ts';
import { endpoints } from '../../../api/core/endpoints.ts';
import { type Service, services } from '../../../api/core/service.ts';
import type { CacheReader } from '../../store/cache.ts';
import { CallFailed } from './answer.ts';

/** Where a webhook is reached. */
export interface Address {
  /** With path, without query: what messages call it. */
  readonly url: URL;
  /** Where the connection goes, if not where the URL says. The certificate must be for the URL's host all the same. */
  readonly connectTo?: { readonly host: string; readonly port: number };
}

const HTTPS_PORT = 443;

/**
 * Services have no addresses of their own that the master could reach; but those behind one may be such (endpoints that somebody entered, pods
 * of this machine, an external name). Throws {@link CallFailed} where nothing is behind it.
 */
export function addressOf({ url, service }: WebhookClientConfig, view: CacheReader): Address {
  if (url !== undefined) return { url: new URL(url) };
  const { namespace = '', name = '', path = '/', port = HTTPS_PORT } = service ?? {};
  const shown = new URL(`https://${name}.${namespace}.svc:${port}`);
  shown.pathname = path;
  const found = view.get(services, namespace, name);
  if (!found) throw unreachable(namespace, name, 'there is no such service');
  const external = found.spec?.type === 'ExternalName' ? found.spec.externalName : undefined;
  return {
    url: shown,
    connectTo: external ? { host: external, port } : endpointOf(found, namespace, name, port, view),
  };
}

function endpointOf(service: Service, namespace: string, name: string, port: number, view: CacheReader) {
  const wanted = service.spec?.ports?.find((each) => each.port === port);
  if (!wanted) throw unreachable(namespace, name, `it has no port ${port}`);
  for (const { addresses = [], ports = [] } of view.get(endpoints, namespace, name)?.subsets ?? []) {
    const open = ports.find((each) => (each.name ?? '') === (wanted.name ?? '')) ?? undefined;
    if (addresses[0] && open) return { host: addresses[0].ip, port: open.port };
  }
  throw unreachable(namespace, name, 'nothing ready is behind it');
}

const unreachable = (namespace: string, name: string, why: string): CallFailed =>
  new CallFailed(
    `failed to call webhook: the service ${namespace}/${name} cannot be reached: ${why}; the master reaches webhooks by clientConfig.url, ` +
      'or at the addresses that the Endpoints of the service hold',
  );
