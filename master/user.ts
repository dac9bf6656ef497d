/** Who asks (Kubernetes docs, "Authenticating"): what authentication finds out, and authorization, admission and audit go by. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}
