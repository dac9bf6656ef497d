import type { FieldError } from '../../../api/meta/errors.ts';
import { invalidValue } from '../../../api/meta/validation.ts';
import { baselineChecks } from './pod-security-baseline.ts';
import { restrictedChecks } from './pod-security-restricted.ts';
import type { Check, Subject } from './pod-security-subject.ts';

/** What a namespace asks of its pods, by its labels (Kubernetes docs, "Pod Security Admission"). */

export const LEVELS = ['privileged', 'baseline', 'restricted'] as const;
export type Level = (typeof LEVELS)[number];
export const MODES = ['enforce', 'audit', 'warn'] as const;
export type Mode = (typeof MODES)[number];

/** A level as of some version of the standard. */
export interface Standard {
  readonly level: Level;
  /** Of Kubernetes 1. Infinity stands for the latest. */
  readonly minor: number;
}

const PREFIX = 'pod-security.kubernetes.io/';
/** The version of Kubernetes whose API this is: its standard is the latest. */
const LATEST_MINOR = 33;
const VERSION = /^v1\.(0|[1-9]\d{0,3})$/;

const isLevel = (text: string): text is Level => (LEVELS as readonly string[]).includes(text);

type Labels = Readonly<Record<string, string>> | undefined;

const labelOf = (labels: Labels, name: string): string | undefined =>
  labels && Object.hasOwn(labels, PREFIX + name) ? labels[PREFIX + name] : undefined;

/** What is asked in one mode. What cannot be read is taken for the strictest where it is enforced, and for nothing elsewhere. */
export function standardOf(labels: Labels, mode: Mode): Standard {
  const level = labelOf(labels, mode);
  const version = VERSION.exec(labelOf(labels, `${mode}-version`) ?? '')?.[1];
  const minor = version === undefined ? Number.POSITIVE_INFINITY : Number(version);
  if (level === undefined) return { level: 'privileged', minor };
  return { level: isLevel(level) ? level : mode === 'enforce' ? 'restricted' : 'privileged', minor };
}

/** Faults of the labels of a namespace. */
export const labelFaults = (labels: Labels): FieldError[] =>
  MODES.flatMap((mode) => {
    const level = labelOf(labels, mode);
    const version = labelOf(labels, `${mode}-version`);
    const at = (name: string) => `metadata.labels[${PREFIX}${name}]`;
    return [
      ...(level === undefined || isLevel(level)
        ? []
        : [invalidValue(at(mode), level, `must be one of ${LEVELS.join(', ')}`)]),
      ...(version === undefined || version === 'latest' || VERSION.test(version)
        ? []
        : [invalidValue(at(`${mode}-version`), version, 'must be "latest" or "v1.x"')]),
    ];
  });

/** `restricted:latest`, `baseline:v1.30`. */
export const nameOfStandard = ({ level, minor }: Standard): string =>
  `${level}:${Number.isFinite(minor) ? `v1.${minor}` : 'latest'}`;

/** The rules of both levels in the order in which violations are told. Those of `restricted` take the place of their namesakes. */
const BASELINE: readonly Check[] = Object.values(baselineChecks);
const RESTRICTED: readonly Check[] = [
  ...Object.entries(baselineChecks).flatMap(([name, check]) => (Object.hasOwn(restrictedChecks, name) ? [] : [check])),
  ...Object.values(restrictedChecks),
];

/** All that a pod does against a standard: `privileged (container "a" must not ...), hostPort (...)`; empty when it is kept. */
export function violationsOf(subject: Subject, { level, minor }: Standard): string {
  if (level === 'privileged') return '';
  const asOf = Math.min(minor, LATEST_MINOR);
  return (level === 'baseline' ? BASELINE : RESTRICTED)
    .flatMap((check) => (check.since <= asOf ? (check.run(subject, asOf) ?? []) : []))
    .map(({ reason, detail }) => `${reason} (${detail})`)
    .join(', ');
}
