import { noSuchPath } from '../../api/meta/errors.ts';
import { type Answer, json, text } from './answer.ts';
import type { ApiContext } from './context.ts';
import type { RequestInfo } from './request.ts';

/** The Kubernetes version whose API this server follows: what clients compare theirs with. */
const KUBERNETES = { major: '1', minor: '33', patch: '0' };
/** The oldest version whose API a cell still keeps to: the one before. */
const COMPATIBLE = { major: '1', minor: '32' };

/** `/version`, in the shape of `version.Info`. */
export function version(context: ApiContext): Answer {
  const { major, minor } = KUBERNETES;
  return json(200, {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: COMPATIBLE.major,
    minCompatibilityMinor: COMPATIBLE.minor,
    gitVersion: gitVersion(context.version),
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: 'node',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  });
}

/** `v1.33.0+stowage-0.1.0`: a semantic version whose build part is ours. */
export const gitVersion = (own: string): string =>
  `v${KUBERNETES.major}.${KUBERNETES.minor}.${KUBERNETES.patch}+stowage-${own}`;

type HealthRequest = Extract<RequestInfo, { type: 'health' }>;
type Check = (context: ApiContext) => Promise<void>;

const CHECKS: Readonly<Record<string, Check>> = {
  ping: async () => {},
  store: async ({ store }) => void (await store.revision()),
  cache: async ({ store, cache }) => cache.waitFor(await store.revision()),
  shutdown: async ({ stopping }) => stopping.throwIfAborted(),
};

/** A master without its store still lives, and restarting it would not help. */
const CHECKS_OF: Readonly<Record<HealthRequest['endpoint'], readonly string[]>> = {
  healthz: ['ping', 'store', 'cache'],
  livez: ['ping'],
  readyz: ['ping', 'store', 'cache', 'shutdown'],
};

/**
 * Runs the checks now; nothing is polled. 200 `ok`, or 500 with the lines of all checks (Kubernetes, "API health endpoints"). Why a
 * check failed is in the log: the answer may go to anybody.
 */
export async function health(context: ApiContext, request: HealthRequest, query: URLSearchParams): Promise<Answer> {
  const { endpoint, check } = request;
  const names = CHECKS_OF[endpoint];
  if (check !== undefined) {
    if (!names.includes(check)) throw noSuchPath();
    const { ok } = await run(context, check);
    return plain(ok ? 200 : 500, ok ? 'ok' : 'internal server error: reason withheld\n');
  }
  const excluded = new Set(query.getAll('exclude'));
  const results = await Promise.all(
    names.map((name) => (excluded.has(name) ? { name, ok: true, excluded: true } : run(context, name))),
  );
  const failed = results.some(({ ok }) => !ok);
  if (!failed && !query.has('verbose')) return plain(200, 'ok');
  const unknown = [...excluded].filter((name) => !names.includes(name)).map((name) => JSON.stringify(name));
  const lines = [
    ...results.map(lineOf),
    ...(unknown.length > 0 ? [`warn: some health checks cannot be excluded: no matches for ${unknown.join(',')}`] : []),
    `${endpoint} check ${failed ? 'failed' : 'passed'}`,
  ];
  return plain(failed ? 500 : 200, `${lines.join('\n')}\n`);
}

interface Result {
  readonly name: string;
  readonly ok: boolean;
  readonly excluded?: boolean;
}

function lineOf({ name, ok, excluded }: Result): string {
  if (excluded) return `[+]${name} excluded: ok`;
  return ok ? `[+]${name} ok` : `[-]${name} failed: reason withheld`;
}

/** Says what it is, so that no browser takes a name out of the query for markup. */
const plain = (code: number, body: string): Answer => ({
  ...text(code, body),
  headers: { 'x-content-type-options': 'nosniff' },
});

async function run(context: ApiContext, name: string): Promise<Result> {
  try {
    await CHECKS[name]?.(context);
    return { name, ok: true };
  } catch (error) {
    context.log.warn({ check: name, error: String(error) }, 'a health check failed');
    return { name, ok: false };
  }
}
