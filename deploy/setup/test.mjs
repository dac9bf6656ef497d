import { canInstall, disableServices, installPackages } from './apt.mjs';
import { fetchKubectl } from './kubectl.mjs';
import { Failure, say } from './speech.mjs';
import { locateTools } from './tools.mjs';

/** What the tests run against: where it comes from, and what fails without it. */
const PARTS = [
  {
    tool: 'engine',
    packages: ['docker.io', 'iptables'],
    services: ['docker', 'containerd'],
    fails: 'every integration and end-to-end test',
  },
  { tool: 'etcd', packages: ['etcd-server'], services: ['etcd'], fails: 'the tests of the etcd store' },
  { tool: 'prometheus', packages: ['prometheus'], services: ['prometheus'], fails: 'the tests of metrics' },
  {
    tool: 'victoriaMetrics',
    packages: ['victoria-metrics'],
    services: ['victoria-metrics'],
    fails: 'the tests of discovery (Debian builds Prometheus without that of Kubernetes)',
  },
  {
    tool: 'nft',
    packages: ['nftables', 'conntrack', 'iproute2', 'haproxy'],
    services: ['nftables', 'haproxy'],
    fails: 'npm run test:network',
  },
  { tool: 'busybox', packages: ['busybox'], services: [], fails: 'the tests that need an image' },
];

/**
 * A Docker engine (or the means to start a private one: the tests do that themselves and end it), etcd, Prometheus, BusyBox and
 * kubectl. With CI=true a missing part is a failure, else it is told which tests will fail.
 */
export async function prepareForTest() {
  const absent = await missingParts();
  if (absent.length > 0 && canInstall()) {
    await installPackages(
      absent.flatMap(({ packages }) => packages),
      { startServices: false },
    );
    disableServices(absent.flatMap(({ services }) => services));
  }
  await fetchKubectl();
  await report();
}

async function missingParts() {
  const tools = await locateTools();
  return PARTS.filter(({ tool }) => !tools[tool]);
}

async function report() {
  const missing = (await missingParts()).map(({ tool, packages, fails }) => ({
    tool,
    cure: `apt-get install ${packages[0]}`,
    fails,
  }));
  const { kubectl } = await locateTools();
  if (!kubectl)
    missing.push({ tool: 'kubectl', cure: 'install kubectl 1.31 or newer', fails: 'the tests with kubectl' });
  if (missing.length === 0) return;
  const list = missing.map(({ tool, cure }) => `${tool === 'engine' ? 'a Docker engine' : tool} (${cure})`).join(', ');
  if (process.env.CI === 'true') throw new Failure(`the tests need what this machine lacks: ${list}`);
  for (const { tool, cure, fails } of missing) say(`${tool} is missing, so ${fails} will fail: ${cure}`);
}
