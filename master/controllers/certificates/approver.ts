import { certificateSigningRequests } from '../../../api/certificates/certificate-signing-request.ts';
import { nodes } from '../../../api/core/node.ts';
import { timestamp } from '../../../platform/clock.ts';
import { type Controller, lookUp, watchSelf } from '../kit/controller.ts';
import { update } from '../kit/decision.ts';
import { approvalOf } from './approval.ts';

/** Says yes or no to agents that ask for certificates; to others a person does (`kubectl certificate approve`). */
export const certificateRequestApprover: Controller = {
  name: 'certificate-approver',
  watches: [watchSelf(certificateSigningRequests)],
  reconcile(view, key, nowMs) {
    const request = lookUp(view, certificateSigningRequests, key);
    if (!request || request.metadata?.deletionTimestamp) return [];
    const approval = approvalOf(request, (name) => view.get(nodes, undefined, name));
    if (approval.type === 'none') return [];
    const now = timestamp(nowMs);
    const condition = { ...approval, status: 'True', lastUpdateTime: now, lastTransitionTime: now } as const;
    const decide = update(
      certificateSigningRequests,
      request,
      (current) => {
        current.status = { ...current.status, conditions: [...(current.status?.conditions ?? []), condition] };
      },
      { part: 'approval' },
    );
    // Somebody may be deciding at this moment: there is one decision, the first.
    return [{ ...decide, resourceVersion: request.metadata?.resourceVersion }];
  },
};
