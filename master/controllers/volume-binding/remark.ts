import type { ApiObject } from '../../../api/meta/object.ts';
import { type Decision, event } from '../kit/decision.ts';

const COMPONENT = 'persistentvolume-controller';

/** Tells whoever describes a volume or claim what it waits for. */
export const remark = (about: ApiObject, type: 'Normal' | 'Warning', reason: string, message: string): Decision =>
  event({ about, component: COMPONENT, type, reason, message });
