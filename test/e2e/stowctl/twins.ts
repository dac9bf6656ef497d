import { eventually } from '../../eventually.ts';
import { type Ran, run } from '../../kubectl.ts';
import { STOWCTL } from '../../program.ts';

/** The same words said to kubectl and to stowctl, about the same cell. */
export class Twins {
  readonly #kubectl: string;
  readonly #kubeconfig: string;

  constructor(kubectl: string, kubeconfig: string) {
    this.#kubectl = kubectl;
    this.#kubeconfig = kubeconfig;
  }

  kubectl(args: readonly string[], input?: string): Promise<Ran> {
    const env = { ...process.env, KUBECACHEDIR: `${this.#kubeconfig}.cache` };
    return run(this.#kubectl, ['--kubeconfig', this.#kubeconfig, ...args], { input, env });
  }

  stowctl(args: readonly string[], input?: string): Promise<Ran> {
    const env = { ...process.env, KUBECONFIG: this.#kubeconfig };
    return run(process.execPath, [STOWCTL, ...args], { input, env });
  }

  /**
   * Resolves once both say the same, on both outputs and with their exit codes. What they say may hold ages, so that one of two
   * calls may be a second behind: it is tried again. `form` makes of the text what is compared.
   */
  async agree(args: readonly string[], form = (text: string) => text): Promise<void> {
    let theirs: Ran | undefined;
    let ours: Ran | undefined;
    const same = async () => {
      [theirs, ours] = await Promise.all([this.kubectl(args), this.stowctl(args)]);
      return form(theirs.stdout) === form(ours.stdout) && theirs.stderr === ours.stderr && theirs.code === ours.code;
    };
    await eventually('the same answer', same, 4_000).catch(() => {
      throw new Error(
        `\`${args.join(' ')}\` differs:\n--- kubectl (${theirs?.code})\n${theirs?.stdout}${theirs?.stderr}\n+++ stowctl (${ours?.code})\n${ours?.stdout}${ours?.stderr}`,
      );
    });
  }
}
