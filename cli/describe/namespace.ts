import type { LimitRange } from '../../api/core/limit-range.ts';
import type { Namespace } from '../../api/core/namespace.ts';
import type { ResourceQuota } from '../../api/core/resource-quota.ts';
import type { Describer } from './describe.ts';
import { annotationLines, dateText, field, pairLines, type Row, row } from './rows.ts';

/** What bounds the use of a namespace. A list is absent where the server has no such kind. */
export interface Bounds {
  readonly quotas?: readonly ResourceQuota[];
  readonly limits?: readonly LimitRange[];
}

/** What `describe namespace` shows. */
export const describeNamespace: Describer<Namespace> = ({ metadata, status }, { bounds }) => [
  field(0, 'Name', metadata?.name),
  ...pairLines(0, 'Labels', metadata?.labels),
  ...annotationLines(0, metadata?.annotations),
  field(0, 'Status', status?.phase),
  ...conditionRows(status?.conditions ?? []),
  ...(bounds?.quotas ? [row(0, ''), ...quotaRows(bounds.quotas)] : []),
  ...(bounds?.limits ? [row(0, ''), ...limitRows(bounds.limits)] : []),
];

/** What keeps a namespace that is being deleted. */
function conditionRows(conditions: NonNullable<NonNullable<Namespace['status']>['conditions']>): Row[] {
  if (conditions.length === 0) return [];
  const shown = conditions.map(({ type, status, lastTransitionTime, reason = '', message = '' }) =>
    row(1, type, status, dateText(lastTransitionTime), reason, message),
  );
  const header = row(1, 'Type', 'Status', 'LastTransitionTime', 'Reason', 'Message');
  const rule = row(1, '----', '------', '------------------', '------', '-------');
  return [row(0, 'Conditions:'), header, rule, ...shown];
}

/** As kubectl explains them. */
const SCOPES: Readonly<Record<string, string>> = {
  Terminating:
    'Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.',
  NotTerminating:
    'Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.',
  BestEffort:
    'Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.',
  NotBestEffort:
    'Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.',
};

function quotaRows(quotas: readonly ResourceQuota[]): Row[] {
  if (quotas.length === 0) return [row(0, 'No resource quota.')];
  const shown = quotas.flatMap(({ metadata, spec, status }) => {
    const scopes = [...(spec?.scopes ?? [])].sort();
    const hard = Object.entries(status?.hard ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    return [
      field(1, 'Name', metadata?.name),
      ...(scopes.length > 0 ? [field(1, 'Scopes', scopes.join(', '))] : []),
      ...scopes.flatMap((scope) => (SCOPES[scope] ? [row(1, `* ${SCOPES[scope]}`)] : [])),
      row(1, 'Resource', 'Used', 'Hard'),
      row(1, '--------', '---', '---'),
      ...hard.map(([resource, most]) => row(1, resource, status?.used?.[resource] ?? '0', most)),
    ];
  });
  return [row(0, 'Resource Quotas'), ...shown];
}

const LIMITS = ['Type', 'Resource', 'Min', 'Max', 'Default Request', 'Default Limit', 'Max Limit/Request Ratio'];

function limitRows(ranges: readonly LimitRange[]): Row[] {
  if (ranges.length === 0) return [row(0, 'No LimitRange resource.')];
  const limits = ranges.flatMap(({ spec }) => spec?.limits ?? []);
  const shown = limits.flatMap((limit) => {
    const bounds = [limit.min, limit.max, limit.defaultRequest, limit.default, limit.maxLimitRequestRatio];
    const resources = new Set(bounds.flatMap((bound) => Object.keys(bound ?? {})));
    return [...resources].sort().map((name) => [limit.type, name, ...bounds.map((bound) => bound?.[name] ?? '-')]);
  });
  const rule = LIMITS.map((title) => '-'.repeat(title.length));
  return [
    row(0, 'Resource Limits'),
    ...[LIMITS, rule, ...shown].map(([first, ...rest]) => row(0, ` ${first}`, ...rest)),
  ];
}
