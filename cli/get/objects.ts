import type { ApiObject } from '../../api/meta/object.ts';
import { type ApiResource, apiVersion, pathOf } from '../discovery.ts';
import type { CommandFailure } from '../failure.ts';
import { listOf, nameLine, type OutputFormat, printObject } from '../output.ts';
import type { Session } from '../session.ts';
import { attempt, raise } from './attempts.ts';
import type { GetPlan } from './plan.ts';

/** Prints the objects themselves, or their names. */
export async function printObjects(session: Session, plan: GetPlan, format: OutputFormat): Promise<void> {
  const failures: CommandFailure[] = [];
  const found: { resource: ApiResource; object: ApiObject }[] = [];
  for (const { resource, namespace, name } of plan.targets) {
    const path = pathOf(resource, namespace, name);
    const query = name === undefined ? plan.query : {};
    const answer = await attempt(failures, plan, () =>
      session.client.get<ApiObject & { items?: ApiObject[] }>(path, { query, signal: session.signal }),
    );
    if (!answer) continue;
    const items = name === undefined ? (answer.items ?? []) : [answer];
    // Items of a list do not say what they are.
    const typed = items.map((item) => ({ apiVersion: apiVersion(resource), kind: resource.kind, ...item }));
    found.push(...typed.map((object) => ({ resource, object })));
  }
  if (format.type === 'name') {
    const names = found.map(({ resource, object }) => `${nameLine(resource, object.metadata?.name ?? '')}\n`);
    session.terminal.out(names.join(''));
  } else {
    const single = plan.targets.length === 1 && plan.targets[0]?.name !== undefined;
    const value = single ? found[0]?.object : listOf(found.map(({ object }) => object));
    if (value) session.terminal.out(printObject(value, format, plan.flags.showManagedFields));
  }
  raise(session, failures);
}
