import { decodeWith } from '../../api/meta/decode.ts';
import { type DeleteOptions as DeleteBody, DeleteOptionsSchema } from '../../api/meta/envelopes.ts';
import { type FieldError, invalid } from '../../api/meta/errors.ts';
import { invalidValue, notSupported } from '../../api/meta/validation.ts';
import type { DeleteOptions } from '../objects/objects.ts';
import type { ResourceCall } from './context.ts';
import { bodyOf } from './decode-object.ts';
import { dryRunFaults, integer, isDryRun } from './query-options.ts';
import { isTrue } from './request.ts';

export interface DeleteRequest {
  readonly options: DeleteOptions;
  readonly dryRun: boolean;
}

const POLICIES = ['Orphan', 'Background', 'Foreground'] as const;
const NAME = { group: 'meta.k8s.io', version: 'v1', kind: 'DeleteOptions', plural: 'deleteoptions' };

/** DeleteOptions from the body, or from the query when there is no body. Throws 400 or 422. */
export function readDeleteOptions(call: ResourceCall): DeleteRequest {
  const body =
    call.body.length > 0
      ? decodeWith(DeleteOptionsSchema, bodyOf(call), 'DeleteOptions').object
      : fromQuery(call.query);
  const { options, dryRun } = deleteRequestOf(body);
  return { options, dryRun: dryRun || isDryRun(call.query.getAll('dryRun')) };
}

/** What decoded DeleteOptions ask for. Throws 422. */
export function deleteRequestOf(body: DeleteBody): DeleteRequest {
  const faults = faultsOf(body);
  if (faults.length > 0) throw invalid(NAME, '', faults);
  return {
    options: {
      gracePeriodSeconds: body.gracePeriodSeconds,
      propagationPolicy: policyOf(body),
      preconditions: body.preconditions,
    },
    dryRun: isDryRun(body.dryRun ?? []),
  };
}

function fromQuery(query: URLSearchParams): DeleteBody {
  const orphan = query.get('orphanDependents');
  return {
    gracePeriodSeconds: integer(query, 'gracePeriodSeconds'),
    propagationPolicy: query.get('propagationPolicy') || undefined,
    orphanDependents: orphan === null ? undefined : isTrue(orphan),
    dryRun: query.getAll('dryRun'),
  };
}

function faultsOf(body: DeleteBody): FieldError[] {
  const { propagationPolicy: policy, orphanDependents, gracePeriodSeconds } = body;
  const faults = dryRunFaults(body.dryRun ?? []);
  if (policy !== undefined && !POLICIES.some((known) => known === policy)) {
    faults.push(notSupported('propagationPolicy', policy, POLICIES));
  }
  if (policy !== undefined && orphanDependents !== undefined) {
    faults.push(
      invalidValue('propagationPolicy', policy, 'orphanDependents and propagationPolicy may not both be set'),
    );
  }
  if (gracePeriodSeconds !== undefined && gracePeriodSeconds < 0) {
    faults.push(invalidValue('gracePeriodSeconds', gracePeriodSeconds, 'must be greater than or equal to 0'));
  }
  return faults;
}

function policyOf(body: DeleteBody): DeleteOptions['propagationPolicy'] {
  if (body.orphanDependents !== undefined) return body.orphanDependents ? 'Orphan' : 'Background';
  return body.propagationPolicy as DeleteOptions['propagationPolicy'];
}
