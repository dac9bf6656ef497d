import fc from 'fast-check';
import type { Grammar } from '../grammar/grammar.ts';
import { agentSide } from './agent-side.ts';
import { masterSide } from './master-side.ts';
import { fromAgent, fromMaster, helloText } from './messages.ts';

/** Both ends of the protocol, each with a partner that talks nonsense. `stop` ends the agent. */
export async function protocolGrammars(): Promise<{ readonly grammars: readonly Grammar[]; stop(): Promise<void> }> {
  const [master, agent] = [await masterSide(), await agentSide()];
  const never = () => false;
  const toMaster: Grammar<[string, unknown[]]> = {
    name: 'what agents say to a master',
    values: fc.tuple(helloText, fc.array(fromAgent([master.known]), { maxLength: 6 })) as fc.Arbitrary<
      [string, unknown[]]
    >,
    read: ([hello, messages]) => master.hear(hello, messages as never),
    refuses: never,
  };
  const toAgent: Grammar<unknown[]> = {
    name: 'what a master says to an agent',
    values: fc.array(fromMaster, { maxLength: 4 }) as fc.Arbitrary<unknown[]>,
    read: (messages) => agent.hear(messages as never),
    refuses: never,
  };
  return { grammars: [toMaster, toAgent] as unknown as Grammar[], stop: agent.stop };
}
