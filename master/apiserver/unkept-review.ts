import { isJsonObject, type JsonObject } from '../../api/meta/json.ts';
import type { Operation } from '../objects/webhooks/rules.ts';
import { type ApiContext, type ResourceCall, writerOf } from './context.ts';
import { bodyOf } from './decode-object.ts';
import { writeQuery } from './query-options.ts';

/** Requests that make no object that is kept, and that webhooks may be asked about all the same: `Objects` never hears of them. */

interface Unkept {
  readonly operation: Operation;
  readonly apiVersion: string;
  readonly kind: string;
}

const CONNECTIONS: Readonly<Record<string, string>> = {
  exec: 'ExecOptions',
  attach: 'AttachOptions',
  portforward: 'PortForwardOptions',
  proxy: 'ProxyOptions',
};

/** Undefined for all that `Objects` sees, and for what only reads. */
function unkept({ target, resource }: ResourceCall): Unkept | undefined {
  const { subresource = '', verb } = target;
  if (Object.hasOwn(CONNECTIONS, subresource))
    return { operation: 'CONNECT', apiVersion: 'v1', kind: `${resource.kind}${CONNECTIONS[subresource]}` };
  if (verb !== 'create') return undefined;
  if (subresource === 'eviction') return { operation: 'CREATE', apiVersion: 'policy/v1', kind: 'Eviction' };
  if (subresource === 'token')
    return { operation: 'CREATE', apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest' };
  if (resource.stored !== false) return undefined;
  return { operation: 'CREATE', apiVersion: `${resource.group}/${resource.version}`, kind: resource.kind };
}

/** Resolves when webhooks agree to a request of this sort, and at once for others. Rejects with `ApiError` where one does not. */
export async function reviewUnkept(context: ApiContext, call: ResourceCall): Promise<void> {
  const found = unkept(call);
  if (!found) return;
  const { operation, apiVersion, kind } = found;
  const { namespace, name, subresource } = call.target;
  const isConnection = operation === 'CONNECT';
  const writer = writerOf(call, !isConnection && writeQuery(call.query).dryRun);
  const panel = context.webhooks?.panelFor(operation, call.resource, writer, {
    ...(namespace && { namespace }),
    ...(name && { name }),
    ...(subresource && { subresource }),
  });
  if (!panel) return;
  const asked = isConnection ? connectionOptions(call) : bodyOf(call);
  await panel.agree({}, { apiVersion, kind, ...(isJsonObject(asked) && asked) });
}

/** What is asked for in the query, as the kinds for it have it (core/v1 PodExecOptions and its kin). */
function connectionOptions({ query, target }: ResourceCall): JsonObject {
  const flag = (name: string) => (['1', 'true'].includes(query.get(name) ?? '') ? { [name]: true } : {});
  const texts = query.getAll('command');
  const ports = query.getAll('ports').map(Number).filter(Number.isInteger);
  const container = query.get('container');
  return {
    ...flag('stdin'),
    ...flag('stdout'),
    ...flag('stderr'),
    ...flag('tty'),
    ...(container && { container }),
    ...(texts.length > 0 && { command: texts }),
    ...(ports.length > 0 && { ports }),
    ...(target.subresource === 'proxy' && query.has('path') && { path: query.get('path') }),
  };
}
