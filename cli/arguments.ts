/**
 * kubectl's users write `--watch=true`, `-o=json` and `stowctl -n web get pods`; the command-line parser wants `--watch`, `-o json`
 * and flags after the command. This puts the words into that form and changes nothing else.
 */
export function normalizeArguments(words: readonly string[]): string[] {
  return flagsAfterCommand(words).map((word) => {
    const boolean = /^--([a-z-]+)=(true|false)$/.exec(word);
    if (!boolean || VALUED.has(boolean[1]!)) return word.replace(/^-([a-zA-Z])=/, '-$1');
    return boolean[2] === 'true' ? `--${boolean[1]}` : `--no-${boolean[1]}`;
  });
}

/** Flags whose value may well be the word true or false. */
const VALUED = new Set(['cascade', 'dry-run', 'validate', 'selector', 'config']);

/** Flags with a value that may stand before the command. */
const LEADING_VALUED = new Set(['-n', '--namespace', '--kubeconfig', '--context', '--config']);

function flagsAfterCommand(words: readonly string[]): string[] {
  let at = 0;
  while (at < words.length && words[at]!.startsWith('-')) at += LEADING_VALUED.has(words[at]!) ? 2 : 1;
  // Nothing but flags (`--help`, `--version`) stays as it is.
  if (at === 0 || at >= words.length) return [...words];
  return [words[at]!, ...words.slice(0, at), ...words.slice(at + 1)];
}
