import { since } from '../api/meta/age.ts';
import type { Placement } from '../api/stowage/placement.ts';
import { alignColumns, DESCRIPTION_STYLE } from './columns.ts';
import { explanationRows } from './describe/explanation.ts';
import { dateText } from './describe/rows.ts';
import { type ApiResource, pathOf } from './discovery.ts';
import { CommandFailure, ServerRefusal, usageFailure } from './failure.ts';
import { raise } from './get/attempts.ts';
import { listOf, type OutputFormat, parseOutput, printObject } from './output.ts';
import { parseTargets } from './resources.ts';
import type { CommonFlags, Session } from './session.ts';

export interface WhyFlags extends CommonFlags {
  output?: string;
}

/** `stowctl why POD...`: why each pod is where it is, or nowhere. Tells of those it finds, then fails for the others. */
export async function why(session: Session, words: readonly string[], flags: WhyFlags): Promise<void> {
  const format = outputOf(flags);
  const resources = await session.resources();
  const podKind = explainedKind(resources);
  const names = podNames(resources, podKind, words);
  const failures: CommandFailure[] = [];
  const found: Placement[] = [];
  for (const name of names) {
    try {
      found.push(await placementOf(session, podKind, session.namespace, name));
    } catch (error) {
      if (!(error instanceof ServerRefusal)) throw error;
      failures.push(error);
    }
  }
  const single = names.length === 1;
  if (format.type === 'table') {
    const texts = found.map((placement) => placementText(placement, session.clock.now(), !single));
    const isLong = texts.some((text) => text.trimEnd().includes('\n'));
    session.terminal.out(texts.join(isLong ? '\n' : ''));
  } else {
    const value = single ? found[0] : listOf(found);
    if (value) session.terminal.out(printObject(value, format));
  }
  raise(session, failures);
}

/** What the server says of one pod. */
export const placementOf = (
  { client, signal }: Session,
  podKind: ApiResource,
  namespace: string | undefined,
  name: string | undefined,
): Promise<Placement> => client.get(pathOf(podKind, namespace, name, 'placement'), { signal });

export const isExplained = (resource: ApiResource): boolean =>
  resource.plural === 'pods' && resource.group === '' && resource.subresources.includes('placement');

function explainedKind(resources: readonly ApiResource[]): ApiResource {
  const found = resources.find(isExplained);
  if (found) return found;
  throw new CommandFailure('error: the server does not serve pods/placement, which tells why: is it a Stowage cell?');
}

function outputOf({ output }: WhyFlags): OutputFormat {
  const format = parseOutput(output);
  if (format.type !== 'name' && !(format.type === 'table' && format.wide)) return format;
  throw usageFailure(`error: why takes -o json, yaml or jsonpath=TEMPLATE, or no -o for sentences, not "${output}"`);
}

/** Each word is POD or pod/POD. */
function podNames(resources: readonly ApiResource[], podKind: ApiResource, words: readonly string[]): string[] {
  if (words.length === 0) throw usageFailure('error: say which pod: `stowctl why POD`');
  return words.map((word) => {
    if (!word.includes('/')) return word;
    const [target] = parseTargets(resources, [word]);
    if (target?.resource === podKind && target.name) return target.name;
    throw usageFailure(`error: why explains pods, and "${word}" is none: name one of its pods instead`);
  });
}

/** For people: the answer in one line, with the pod's name before it when there are several, and what else there is below. */
export function placementText({ metadata, status }: Placement, nowMs: number, named: boolean): string {
  const rows = [[`${named ? `${metadata?.name}: ` : ''}${summary(status, nowMs)}`]];
  return `${alignColumns([...rows, ...explanationRows(0, status)], DESCRIPTION_STYLE).join('\n')}\n`;
}

function summary({ state, message, nodeName, since: from }: Placement['status'], nowMs: number): string {
  if (state === 'waiting') return `waiting: ${message}`;
  if (state !== 'placed' || !nodeName) return message;
  const when = from ? ` since ${dateText(from)} (${since(from, nowMs)} ago)` : '';
  return `placed on ${nodeName}${when}`;
}
