import { canonicalQuantity, compareQuantities } from '../../api/meta/quantity.ts';
import { alignColumns, TABLE_STYLE } from '../columns.ts';
import { type ApiResource, pathOf } from '../discovery.ts';
import type { CommandFailure } from '../failure.ts';
import { jsonPath } from '../json-path.ts';
import type { Session } from '../session.ts';
import { headerCells, rowCells, TABLE_ACCEPT, type Table, type TableOptions } from '../table.ts';
import { attempt, raise } from './attempts.ts';
import type { GetPlan, PlacedTarget } from './plan.ts';

/** Prints one server-side table per kind. */
export async function printTables(session: Session, plan: GetPlan): Promise<void> {
  const failures: CommandFailure[] = [];
  const fetched: { target: MergedTarget; table: Table }[] = [];
  for (const target of merged(plan.targets)) {
    const table = await fetchTable(session, plan, target, failures);
    if (table) fetched.push({ target, table });
  }
  // Several kinds need telling apart; a named object that was not found is no kind shown.
  const withKind = plan.flags.showKind || new Set(fetched.map(({ target }) => target.resource)).size > 1;
  const texts = fetched
    .filter(({ table }) => table.rows?.length)
    .map(({ target, table }) => {
      const options = { ...tableOptions(plan, target), withKind };
      return tableText(table, target.resource, options, plan.flags.headers !== false);
    });
  session.terminal.out(texts.join('\n'));
  if (texts.length === 0 && failures.length === 0 && !plan.flags.ignoreNotFound) session.terminal.err(emptyText(plan));
  raise(session, failures);
}

/** Names of one kind in a row become one table. */
interface MergedTarget {
  readonly resource: ApiResource;
  readonly namespace?: string;
  readonly names: readonly string[];
}

function merged(targets: readonly PlacedTarget[]): MergedTarget[] {
  const groups: { resource: ApiResource; namespace?: string; names: string[] }[] = [];
  for (const { resource, namespace, name } of targets) {
    const last = groups.at(-1);
    if (name !== undefined && last?.resource === resource && last.names.length > 0 && last.namespace === namespace) {
      last.names.push(name);
    } else groups.push({ resource, namespace, names: name === undefined ? [] : [name] });
  }
  return groups;
}

async function fetchTable(
  session: Session,
  plan: GetPlan,
  target: MergedTarget,
  failures: CommandFailure[],
): Promise<Table | undefined> {
  const includeObject = plan.flags.sortBy ? 'Object' : undefined;
  const ask = (path: string, query: Record<string, string | undefined>) =>
    session.client.get<Table>(path, {
      accept: TABLE_ACCEPT,
      query: { ...query, includeObject },
      signal: session.signal,
    });
  if (target.names.length === 0) {
    const tables: Table[] = [];
    const limit = plan.flags.sortBy ? undefined : (plan.flags.chunkSize ?? '500');
    let next: string | undefined;
    do {
      const page: Table = await ask(pathOf(target.resource, target.namespace), {
        ...plan.query,
        limit,
        continue: next,
      });
      tables.push(page);
      next = page.metadata?.continue || undefined;
    } while (next);
    return sortedTable(joinTables(tables), plan.flags.sortBy);
  }
  const tables: Table[] = [];
  for (const name of target.names) {
    const table = await attempt(failures, plan, () => ask(pathOf(target.resource, target.namespace, name), {}));
    if (table) tables.push(table);
  }
  return sortedTable(joinTables(tables), plan.flags.sortBy);
}

const joinTables = (tables: readonly Table[]): Table | undefined =>
  tables[0] && { ...tables[0], rows: tables.flatMap((table) => table.rows ?? []) };

function sortedTable(table: Table | undefined, sortBy: string | undefined): Table | undefined {
  if (!table?.rows || !sortBy) return table;
  const template = sortBy.startsWith('{') ? sortBy : `{${sortBy.startsWith('.') ? '' : '.'}${sortBy}}`;
  const rows = table.rows.map((row) => ({ row, key: jsonPath(template, row.object) }));
  rows.sort((a, b) => inOrder(a.key, b.key));
  return { ...table, rows: rows.map(({ row }) => row) };
}

/** As kubectl sorts: amounts by how much they are, anything else byte by byte. */
function inOrder(a: string, b: string): number {
  const [one, other] = [canonicalQuantity(a), canonicalQuantity(b)];
  if (one !== undefined && other !== undefined) return compareQuantities(one, other);
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** `-A` shows the namespace of kinds that have one. */
export const tableOptions = (plan: GetPlan, target: { resource: ApiResource }): TableOptions => ({
  ...plan.table,
  withNamespace: plan.flags.allNamespaces && target.resource.namespaced,
});

function tableText(table: Table, resource: ApiResource, options: TableOptions, headers: boolean): string {
  const columns = table.columnDefinitions ?? [];
  const rows = (table.rows ?? []).map((row) => rowCells(row, columns, resource, options));
  return `${alignColumns(headers ? [headerCells(columns, options), ...rows] : rows, TABLE_STYLE).join('\n')}\n`;
}

function emptyText(plan: GetPlan): string {
  const namespace = plan.targets.find((target) => target.resource.namespaced)?.namespace;
  return namespace ? `No resources found in ${namespace} namespace.\n` : 'No resources found\n';
}
