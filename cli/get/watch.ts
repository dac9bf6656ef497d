import type { ApiObject } from '../../api/meta/object.ts';
import { watch } from '../../client/watching.ts';
import { GrowingColumns, TABLE_STYLE } from '../columns.ts';
import { pathOf } from '../discovery.ts';
import { usageFailure } from '../failure.ts';
import { nameLine, printObject } from '../output.ts';
import type { Session } from '../session.ts';
import { type ColumnDefinition, headerCells, rowCells, TABLE_ACCEPT, type Table } from '../table.ts';
import type { GetPlan, PlacedTarget } from './plan.ts';
import { tableOptions } from './tables.ts';

/** `get --watch`: what is there, then a line for each change, until Ctrl-C. One kind at a time, as in kubectl. */
export async function watchTargets(session: Session, plan: GetPlan): Promise<void> {
  const [target, ...others] = plan.targets;
  if (!target || others.length > 0)
    throw usageFailure('error: you may only watch a single resource or type of resource');
  await (plan.format.type === 'table' ? watchTable(session, plan, target) : watchObjects(session, plan, target));
}

const queryOf = (plan: GetPlan, target: PlacedTarget) =>
  target.name === undefined ? plan.query : { fieldSelector: `metadata.name=${target.name}` };

async function watchTable(session: Session, plan: GetPlan, target: PlacedTarget): Promise<void> {
  const { client, signal } = session;
  const path = pathOf(target.resource, target.namespace);
  const query = queryOf(plan, target);
  // Naming one object that is not there is an error, as without --watch.
  if (target.name !== undefined) await client.get(pathOf(target.resource, target.namespace, target.name), { signal });
  const first = await client.get<Table>(path, { accept: TABLE_ACCEPT, query, signal });
  const columns = new GrowingColumns(TABLE_STYLE);
  const print = (rows: string[][]) =>
    session.terminal.out(
      columns
        .align(rows)
        .map((line) => `${line}\n`)
        .join(''),
    );
  let definitions: readonly ColumnDefinition[] = first.columnDefinitions ?? [];
  const options = tableOptions(plan, target);
  const cells = (table: Table) => (table.rows ?? []).map((row) => rowCells(row, definitions, target.resource, options));
  let headed = plan.flags.headers === false;
  const show = (rows: string[][]) => {
    if (rows.length === 0) return;
    print(headed ? rows : [headerCells(definitions, options), ...rows]);
    headed = true;
  };
  if (!plan.flags.watchOnly) show(cells(first));
  const resourceVersion = first.metadata?.resourceVersion;
  for await (const event of watch<Table>(client, path, {
    query: { ...query, resourceVersion },
    accept: TABLE_ACCEPT,
    signal,
  })) {
    if (event.type === 'BOOKMARK') continue;
    if (event.object.columnDefinitions?.length) definitions = event.object.columnDefinitions;
    show(cells(event.object));
  }
}

async function watchObjects(session: Session, plan: GetPlan, target: PlacedTarget): Promise<void> {
  const { client, signal, terminal } = session;
  const path = pathOf(target.resource, target.namespace);
  const query = queryOf(plan, target);
  const list = await client.get<ApiObject & { items?: ApiObject[]; metadata?: { resourceVersion?: string } }>(path, {
    query,
    signal,
  });
  const show = (object: ApiObject) => {
    if (plan.format.type === 'name') {
      terminal.out(`${nameLine(target.resource, object.metadata?.name ?? '')}\n`);
      return;
    }
    const typed = { kind: target.resource.kind, ...object };
    const separator = plan.format.type === 'yaml' ? '---\n' : '';
    terminal.out(separator + printObject(typed, plan.format, plan.flags.showManagedFields));
  };
  if (!plan.flags.watchOnly) for (const item of list.items ?? []) show(item);
  const resourceVersion = list.metadata?.resourceVersion;
  for await (const event of watch(client, path, { query: { ...query, resourceVersion }, signal })) {
    if (event.type !== 'BOOKMARK') show(event.object);
  }
}
