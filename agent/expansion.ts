/**
 * Replaces `$(NAME)` by the variable's value. An unknown name stays as it is written; `$$` is a dollar sign, so that `$$(NAME)`
 * is the text `$(NAME)` (Kubernetes API reference, "Container", `command`).
 */
export function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$\$|\$\(([^()]*)\)/g, (found, name: string | undefined) => {
    if (found === '$$') return '$';
    return (name !== undefined ? variables.get(name) : undefined) ?? found;
  });
}
