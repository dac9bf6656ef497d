import { faultOf, requiredText } from '../core/checks.ts';
import type { FieldError } from '../meta/errors.ts';
import { invalidValue, labelKeyFault, required } from '../meta/validation.ts';
import type { Event } from './event.ts';

/** Faults of events in their newer form, in Kubernetes' words. Stricter than the core group: all who write it are new. */

const LONGEST_WORD = 128;
const LONGEST_NOTE = 1024;
const TYPES = ['Normal', 'Warning'];

/** A text that must be there and may have so many characters. */
const wordFaults = (path: string, text = ''): FieldError[] => [
  ...requiredText(path, text),
  ...(text.length > LONGEST_WORD ? [invalidValue(path, text, `can have at most ${LONGEST_WORD} characters`)] : []),
];

function namespaceFaults({ metadata, regarding }: Event): FieldError[] {
  const own = metadata?.namespace ?? '';
  const target = regarding?.namespace ?? '';
  const isRight = target ? target === own : own === 'default' || own === 'kube-system';
  return isRight ? [] : [invalidValue('regarding.namespace', target, 'does not match event.namespace')];
}

export const validateEvent = (event: Event): FieldError[] => [
  ...namespaceFaults(event),
  ...(event.eventTime ? [] : [required('eventTime')]),
  ...(event.type && TYPES.includes(event.type)
    ? []
    : [invalidValue('type', event.type ?? '', 'has invalid value: expected Normal or Warning')]),
  ...requiredText('reportingController', event.reportingController),
  ...faultOf(
    'reportingController',
    event.reportingController,
    event.reportingController ? labelKeyFault(event.reportingController) : undefined,
  ),
  ...wordFaults('reportingInstance', event.reportingInstance),
  ...wordFaults('action', event.action),
  ...wordFaults('reason', event.reason),
  ...((event.note?.length ?? 0) > LONGEST_NOTE
    ? [invalidValue('note', event.note, `can have at most ${LONGEST_NOTE} characters`)]
    : []),
];
