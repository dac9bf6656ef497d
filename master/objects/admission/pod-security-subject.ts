import type { Container } from '../../../api/core/container.ts';
import type { PodSpec } from '../../../api/core/pod-spec.ts';

/** What the Pod Security Standards look at, and how they speak of it. */
export interface Subject {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
  /** Of every sort, in the order in which they start. */
  readonly containers: readonly Pick<
    Container,
    'name' | 'securityContext' | 'ports' | 'livenessProbe' | 'readinessProbe' | 'startupProbe' | 'lifecycle'
  >[];
}

/** One thing that a level forbids: in a word, and in detail. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

/** A rule of a level. */
export interface Check {
  /** The minor version of Kubernetes 1 in which it came; 0 for those that always were. */
  readonly since: number;
  /** Says nothing where the rule is kept. `minor` is the version of the standard asked for. */
  run(subject: Subject, minor: number): Violation | undefined;
}

export const subjectOf = (spec: PodSpec, annotations: Readonly<Record<string, string>> = {}): Subject => ({
  annotations,
  spec,
  containers: [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])],
});

type Part = Subject['containers'][number];

export const quoted = (names: Iterable<string>): string =>
  [...new Set(names)].map((name) => JSON.stringify(name)).join(', ');

/** `container "a"`, `containers "a", "b"`. */
export const many = (word: string, names: readonly string[]): string =>
  `${word}${names.length === 1 ? '' : 's'} ${quoted(names)}`;

/** `container "a"` of those containers of which something is true. */
export function containersThat(subject: Subject, isTrue: (container: Part) => boolean): string | undefined {
  const names = subject.containers.filter(isTrue).map(({ name }) => name);
  return names.length > 0 ? many('container', names) : undefined;
}

/** The pod and the containers of which something is true: `pod and container "a"`. */
export function whoSets(
  subject: Subject,
  isTrue: (context: NonNullable<PodSpec['securityContext']> | NonNullable<Part['securityContext']>) => boolean,
): string | undefined {
  const pod = subject.spec.securityContext && isTrue(subject.spec.securityContext) ? 'pod' : undefined;
  const containers = containersThat(subject, ({ securityContext }) => !!securityContext && isTrue(securityContext));
  return [pod, containers].filter(Boolean).join(' and ') || undefined;
}

/** The violation, where there is a detail of it. */
export const violation = (reason: string, detail: string | undefined | false): Violation | undefined =>
  detail ? { reason, detail } : undefined;
