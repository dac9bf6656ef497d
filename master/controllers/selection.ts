/**
 * Which controllers run, as kube-controller-manager's `--controllers` says it: `*` is all, `NAME` one, `-NAME` all but this. Pure, and
 * without imports: the command line reads it too.
 */
export interface ControllerList {
  readonly all: boolean;
  readonly on: ReadonlySet<string>;
  readonly off: ReadonlySet<string>;
}

/** Controllers were named that there are not. */
export class UnknownController extends Error {
  override readonly name = 'UnknownController';
}

/**
 * Names in kube-controller-manager that differ from ours. Every controller also goes by its own name, with and without `-controller`.
 * A name may stand for several that only make sense together.
 */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'certificate-request-cleaner': ['certificatesigningrequest-cleaner-controller', 'csrcleaner'],
  'certificate-signer': ['certificatesigningrequest-signing-controller', 'csrsigning'],
  clusterroleaggregation: ['clusterrole-aggregation-controller', 'clusterrole-aggregation'],
  'garbage-collector': ['garbagecollector'],
  'job-orphaned-pod': ['job-controller', 'job'],
  'node-lifecycle': ['nodelifecycle'],
  'persistentvolume-protection': ['pv-protection'],
  'persistentvolumeclaim-protection': ['pvc-protection'],
  'pod-garbage-collector': ['podgc'],
  'resource-quota': ['resourcequota-controller', 'resourcequota'],
  tokencleaner: ['token-cleaner-controller'],
};

/** In Kubernetes a part of the API server, which cannot do without. */
const ALWAYS: ReadonlySet<string> = new Set(['custom-resource']);

export const EVERY_CONTROLLER: ControllerList = { all: true, on: new Set(), off: new Set() };

/** The list, or what is wrong with it: the end of a sentence. */
export function parseControllerList(
  text: string,
):
  | { readonly list: ControllerList; readonly fault?: undefined }
  | { readonly list?: undefined; readonly fault: string } {
  const words = text.split(',').map((word) => word.trim());
  if (text.trim() === 'none') return { list: { all: false, on: new Set(), off: new Set() } };
  const bad = words.find((word) => word !== '*' && !/^-?[a-z0-9]+(-[a-z0-9]+)*$/.test(word));
  if (bad !== undefined) return { fault: `holds "${bad}", which is not *, NAME or -NAME` };
  if (words.includes('none')) return { fault: 'says none beside others: none stands alone' };
  const on = words.filter((word) => word !== '*' && !word.startsWith('-'));
  const off = words.filter((word) => word.startsWith('-')).map((word) => word.slice(1));
  const both = on.find((word) => off.includes(word));
  if (both !== undefined) return { fault: `says both ${both} and -${both}` };
  return { list: { all: words.includes('*'), on: new Set(on), off: new Set(off) } };
}

const namesOf = (name: string): string[] => [name, `${name}-controller`, ...(NAMES[name] ?? [])];

/** Whether the controller of that name, which is one of ours, runs. */
export function isChosen({ all, on, off }: ControllerList, name: string): boolean {
  if (ALWAYS.has(name)) return true;
  const names = namesOf(name);
  if (names.some((each) => off.has(each))) return false;
  return all || names.some((each) => on.has(each));
}

/**
 * What masters that run these controllers take turns at, each under this name. Those with another list have turns of their own, so that
 * whatever is chosen anywhere runs somewhere.
 */
export function officeOf({ all, on, off }: ControllerList): string {
  const chosen = [...(all ? ['*'] : []), ...[...on].sort(), ...[...off].sort().map((name) => `-${name}`)];
  return chosen.join() === '*' ? 'controllers' : `controllers:${chosen.join() || 'none'}`;
}

/** Throws `UnknownController` where the list names one that is not among those there are. */
export function assertKnown({ on, off }: ControllerList, there: readonly string[]): void {
  const known = new Set(there.flatMap(namesOf));
  const unknown = [...on, ...off].filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  const choice = there.filter((name) => !ALWAYS.has(name)).sort();
  throw new UnknownController(
    `--controllers names ${unknown.join(' and ')}, which this master does not have: it has ${choice.join(', ')}`,
  );
}
