import { deployment } from '../kubectl/manifests.ts';

export const NAMESPACE = 'shop';

/** It has metrics of its own, and is ready from the start. */
const SCRIPT = `mkdir -p /www; echo 'cargo_tons{hold="fore"} 7' >/www/metrics; exec httpd -f -p 8080 -h /www`;
const SCRAPED = { 'prometheus.io/scrape': 'true' };

function web() {
  const { spec, ...rest } = deployment('web', 2, SCRIPT);
  const [container] = spec.template.spec.containers;
  const ports = [{ name: 'http', containerPort: 8080 }];
  const template = {
    metadata: { ...spec.template.metadata, annotations: SCRAPED },
    spec: { ...spec.template.spec, containers: [{ ...container, ports }] },
  };
  return { ...rest, spec: { ...spec, template } };
}

/** Two pods behind a service, and what stands in front of it. */
export const shop = {
  apiVersion: 'v1',
  kind: 'List',
  items: [
    web(),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', labels: { tier: 'front' }, annotations: SCRAPED },
      spec: { selector: { app: 'web' }, ports: [{ name: 'main', port: 80, targetPort: 'http' }] },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'door' },
      spec: {
        rules: [
          {
            host: 'shop.example',
            http: {
              paths: [
                { path: '/cart', pathType: 'Prefix', backend: { service: { name: 'web', port: { name: 'main' } } } },
              ],
            },
          },
        ],
      },
    },
  ],
};
