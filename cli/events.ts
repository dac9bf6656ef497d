import { since } from '../api/meta/age.ts';
import { watch } from '../client/watching.ts';
import { alignColumns, GrowingColumns, TABLE_STYLE } from './columns.ts';
import { type EventObject, eventAge, lastSeen } from './describe/events.ts';
import { pathOf } from './discovery.ts';
import { CommandFailure } from './failure.ts';
import { listOf, parseOutput, printObject } from './output.ts';
import { parseTargets } from './resources.ts';
import type { CommonFlags, Session } from './session.ts';

export interface EventsFlags extends CommonFlags {
  /** TYPE/NAME. */
  for?: string;
  types?: string[];
  watch?: boolean;
  headers?: boolean;
  output?: string;
}

/** `stowctl events`: what happened, oldest first. */
export async function events(session: Session, flags: EventsFlags): Promise<void> {
  const { client, terminal, signal, clock } = session;
  const resources = await session.resources();
  const kind = resources.find((resource) => resource.plural === 'events' && resource.group === '');
  if (!kind) throw new CommandFailure('error: the server does not serve events');
  const namespace = flags.allNamespaces ? undefined : session.namespace;
  const path = pathOf(kind, namespace);
  const query = { fieldSelector: await aboutSelector(session, flags) };
  const list = await client.get<EventList>(path, { query, signal });
  const wanted = (list.items ?? []).filter((event) => isWanted(event, flags));
  const sorted = wanted.sort((a, b) => ((lastSeen(a) ?? '') < (lastSeen(b) ?? '') ? -1 : 1));
  const format = parseOutput(flags.output);
  if (format.type !== 'table' && !flags.watch) {
    terminal.out(printObject(listOf(sorted), format));
    return;
  }
  const cells = (event: EventObject) => eventCells(event, clock.now(), flags.allNamespaces ?? false);
  const header = flags.headers === false ? [] : [headerOf(flags)];
  if (!flags.watch) {
    if (sorted.length === 0)
      terminal.err(namespace ? `No events found in ${namespace} namespace.\n` : 'No events found.\n');
    else terminal.out(`${alignColumns([...header, ...sorted.map(cells)], TABLE_STYLE).join('\n')}\n`);
    return;
  }
  const columns = new GrowingColumns(TABLE_STYLE);
  const print = (rows: string[][]) =>
    terminal.out(
      columns
        .align(rows)
        .map((line) => `${line}\n`)
        .join(''),
    );
  print([...header, ...sorted.map(cells)]);
  const resourceVersion = list.metadata?.resourceVersion;
  for await (const event of watch<EventObject>(client, path, { query: { ...query, resourceVersion }, signal })) {
    const shown = event.type === 'ADDED' || event.type === 'MODIFIED';
    if (shown && isWanted(event.object, flags)) print([cells(event.object)]);
  }
}

interface EventList {
  items?: EventObject[];
  metadata?: { resourceVersion?: string };
}

async function aboutSelector(session: Session, flags: EventsFlags): Promise<string | undefined> {
  if (!flags.for) return undefined;
  const [target] = parseTargets(await session.resources(), [flags.for]);
  if (!target?.name) throw new CommandFailure(`error: --for takes TYPE/NAME, not "${flags.for}"`);
  return `involvedObject.kind=${target.resource.kind},involvedObject.name=${target.name}`;
}

const isWanted = (event: EventObject, { types }: EventsFlags) =>
  !types?.length || types.some((type) => type.toLowerCase() === event.type?.toLowerCase());

const headerOf = (flags: EventsFlags) => [
  ...(flags.allNamespaces ? ['NAMESPACE'] : []),
  ...['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'],
];

function eventCells(event: EventObject, nowMs: number, withNamespace: boolean): string[] {
  const { kind, name } = event.involvedObject ?? {};
  const age = (event.count ?? 1) > 1 || event.series ? eventAge(event, nowMs) : since(lastSeen(event), nowMs);
  return [
    ...(withNamespace ? [event.metadata?.namespace ?? ''] : []),
    age,
    event.type ?? '',
    event.reason ?? '',
    `${kind}/${name}`,
    (event.message ?? '').trim().replace(/\s*\n\s*/g, ' '),
  ];
}
