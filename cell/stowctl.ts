#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { Command, CommanderError, type Option } from 'commander';
import { normalizeArguments } from '../cli/arguments.ts';
import { type ClientFlags, clientCommands } from '../cli/commands.ts';
import { systemClock } from '../platform/clock.ts';
import { stowageVersion } from '../platform/version.ts';
import { backupSettings, moveStoreSettings } from './backup/settings.ts';
import { resolveSettings, type Settings, type Values } from './config.ts';
import { takeAgentHeap, takeServerHeap } from './server-heap.ts';
import {
  agentSettings,
  allSettingNames,
  clientSettings,
  masterSettings,
  placeSettings,
  schedulerSettings,
  surroundings,
  upSettings,
} from './settings.ts';
import { endOnSignals } from './signals.ts';
import { Trouble, verdictOn } from './trouble.ts';

/** The entry point of `stowctl`. Each command's code is loaded when it runs: `stowctl get` must not wait for the scheduler's. */
const around = surroundings();

/** A command whose flags are these settings. */
function settingsCommand<S extends Settings>(
  name: string,
  summary: string,
  settings: S,
  run: (values: Values<S>, signal: AbortSignal, words: readonly string[]) => Promise<void>,
): Command {
  const command = new Command(name).description(summary);
  for (const { name: flag, placeholder, description, fallback } of Object.values(settings)) {
    // Lists print as they are given; one with nothing in it says nothing.
    const standard = placeholder && String(fallback ?? '') ? ` (default: ${String(fallback)})` : '';
    command.option(placeholder ? `--${flag} <${placeholder}>` : `--${flag}`, description + standard);
  }
  return command
    .option('--config <file>', 'YAML file with settings; keys are the names of the flags')
    .action(async () => {
      const values = resolveSettings(
        settings,
        { flags: flagsGiven(command), env: process.env, file: configFile(command.opts<{ config?: string }>().config) },
        allSettingNames(around),
      );
      await run(values, endOnSignals(systemClock), command.args);
    });
}

/** By flag name. A `--no-x` that was given is stored by the parser as `x: false`. */
function flagsGiven(command: Command): Record<string, string | boolean | undefined> {
  const given = (option: Option) => command.getOptionValueSource(option.attributeName()) === 'cli';
  return Object.fromEntries(
    command.options.filter(given).map((option) => {
      const value: unknown = command.getOptionValue(option.attributeName());
      return [option.long?.slice(2) ?? '', option.negate ? value === false : (value as string | boolean)];
    }),
  );
}

function configFile(flag: string | undefined): { path: string; text: string } | undefined {
  const path = flag ?? process.env.STOWAGE_CONFIG;
  if (!path) return undefined;
  try {
    return { path, text: readFileSync(path, 'utf8') };
  } catch (error) {
    throw new Trouble(`cannot read the config file ${path}: ${(error as Error).message}`, 2, error);
  }
}

/** The client commands' own flags are kubectl's; these few of them are settings too. */
function settingsOfClient(flags: ClientFlags) {
  const { namespace, kubeconfig, context, config } = flags;
  const sources = { flags: { namespace, kubeconfig, context }, env: process.env, file: configFile(config) };
  return resolveSettings(clientSettings(around), sources, allSettingNames(around));
}

function program(): Command {
  const stowctl = new Command('stowctl').description('Runs containers on a cell of machines, and looks after it.');
  stowctl.addCommand(
    settingsCommand('up', 'run a one-machine cell here', upSettings(around), async (values, signal) => {
      takeServerHeap();
      const [{ up }, { dockerHostFor }] = await Promise.all([import('./up.ts'), import('./docker-host.ts')]);
      await up({ ...values, dockerHost: dockerHostFor(values.dockerHost, around) }, signal);
    }),
  );
  stowctl.addCommand(
    settingsCommand('master', 'run a master alone', masterSettings(around), async (values, signal) => {
      takeServerHeap();
      const { runMaster } = await import('./run-master.ts');
      await runMaster(values, signal);
    }),
  );
  stowctl.addCommand(
    settingsCommand('agent', "run this machine's agent", agentSettings(around), async (values, signal) => {
      takeAgentHeap();
      const { runAgent } = await import('./run-agent.ts');
      await runAgent(values, signal);
    }),
  );
  stowctl.addCommand(
    settingsCommand(
      'scheduler',
      'place pods for any Kubernetes API server',
      schedulerSettings(),
      async (values, signal) => {
        takeServerHeap();
        const { runScheduler } = await import('./run-scheduler.ts');
        await runScheduler(values, signal);
      },
    ),
  );
  stowctl.addCommand(
    settingsCommand('down', "remove a cell's containers, networks and state", placeSettings(around), async (values) => {
      const { down } = await import('./down.ts');
      await down(values);
    }),
  );
  stowctl.addCommand(
    settingsCommand('kubeconfig', 'print how to reach the cell', placeSettings(around), async (values) => {
      const { printKubeconfig } = await import('./print-kubeconfig.ts');
      printKubeconfig(values);
    }),
  );
  stowctl.addCommand(
    settingsCommand(
      'backup',
      'write all that a cell is into a file',
      backupSettings(around),
      async (values, signal, [file = '']) => {
        const { backup } = await import('./backup/backup.ts');
        await backup(values, file, signal);
      },
    ).argument('<file>', 'where to'),
  );
  stowctl.addCommand(
    settingsCommand(
      'restore',
      'make a cell of a backup, in an empty place',
      backupSettings(around),
      async (values, signal, [file = '']) => {
        const { restore } = await import('./backup/restore.ts');
        await restore(values, file, signal);
      },
    ).argument('<file>', 'what `stowctl backup` wrote'),
  );
  stowctl.addCommand(
    settingsCommand(
      'move-store',
      'bring a cell into another store',
      moveStoreSettings(around),
      async (values, signal) => {
        const { moveStore } = await import('./backup/move-store.ts');
        await moveStore(values, signal);
      },
    ),
  );
  stowctl.addCommand(
    new Command('version').description("print Stowage's version").action(() => {
      process.stdout.write(`stowctl ${stowageVersion()}\n`);
    }),
  );
  // Ctrl-C ends a client command as it ends any program: nothing is left to tidy up.
  const never = new AbortController().signal;
  const open = async (flags: ClientFlags) => {
    const { openSession } = await import('./client.ts');
    return openSession(settingsOfClient(flags), never);
  };
  for (const command of clientCommands(open)) stowctl.addCommand(command);
  return stowctl.version(`stowctl ${stowageVersion()}`, '--version', 'print the version');
}

/** One sentence for what the parser refuses, with where to look it up. */
function refuse(error: CommanderError, command: string): void {
  // Help and version have been printed.
  if (error.exitCode === 0) return;
  process.stderr.write(
    `stowctl: ${error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')}; see \`${command} --help\`\n`,
  );
  process.exitCode = 2;
}

function commandPath(stowctl: Command, words: readonly string[]): string {
  const named = stowctl.commands.find((command) => command.name() === words[0]);
  return named ? `stowctl ${named.name()}` : 'stowctl';
}

async function main(): Promise<void> {
  enableCompileCache();
  // `stowctl get pods | head` closes our output early: that is no trouble.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const stowctl = program();
  for (const command of [stowctl, ...stowctl.commands]) {
    command.exitOverride().configureOutput({ outputError: () => undefined });
  }
  const words = normalizeArguments(process.argv.slice(2));
  try {
    await stowctl.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return refuse(error, commandPath(stowctl, words));
    const { message, exitCode } = verdictOn(error);
    process.stderr.write(`${message}\n`);
    process.exitCode = exitCode;
  }
}

await main();
