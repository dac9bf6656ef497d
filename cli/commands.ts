import { Command, Option } from 'commander';
import type { Session } from './session.ts';

/**
 * The client commands and their flags, named as kubectl's are. `open` makes the session when a command runs: it reads the
 * kubeconfig, so that `--help` needs none. Each command's code is loaded when it runs.
 */
export type OpenSession = (flags: ClientFlags) => Promise<Session>;

export interface ClientFlags {
  namespace?: string;
  kubeconfig?: string;
  context?: string;
  config?: string;
}

/** All client commands, to be added to the program. */
export function clientCommands(open: OpenSession): Command[] {
  return [
    getCommand(open),
    describeCommand(open),
    applyCommand(open),
    deleteCommand(open),
    logsCommand(open),
    scaleCommand(open),
    eventsCommand(open),
    whyCommand(open),
    tokenCommand(open),
    cordonCommand(open, 'cordon', 'place no new pods on nodes'),
    cordonCommand(open, 'uncordon', 'place pods on nodes again'),
    drainCommand(open),
  ];
}

/** A command with the flags that all have. */
function client(name: string, summary: string): Command {
  return new Command(name)
    .description(summary)
    .option('-n, --namespace <name>', 'namespace to work in')
    .option('--kubeconfig <file>', 'how to reach the cell')
    .option('--context <name>', 'context of the kubeconfig to use')
    .option('--config <file>', 'YAML file with further settings');
}

const collect = (value: string, before: string[] = []) => [...before, value];
const collectList = (value: string, before: string[] = []) => [...before, ...value.split(',')];

const withFiles = (command: Command) =>
  command
    .option('-f, --filename <file>', 'file, directory, or - for stdin; may be repeated', collect)
    .option('-R, --recursive', 'look into directories of directories too');
const withAllNamespaces = (command: Command) => command.option('-A, --all-namespaces', 'every namespace');
const withSelector = (command: Command) => command.option('-l, --selector <selector>', 'labels to look for: a=b,c!=d');
const withOutput = (command: Command) =>
  command.option('-o, --output <format>', 'wide, yaml, json, name or jsonpath=TEMPLATE');
const withDryRun = (command: Command) => command.option('--dry-run [none|client|server]', 'only say what would happen');
/** `--x=false` arrives as `--no-x`. */
const hidden = (command: Command, flag: string) => command.addOption(new Option(flag).hideHelp());

function getCommand(open: OpenSession): Command {
  const command = client('get', 'show objects').argument('[type-or-name...]', 'pods | deploy/web | pods,jobs | all');
  withOutput(withSelector(withAllNamespaces(withFiles(command))))
    .option('--field-selector <selector>', 'fields to look for: spec.nodeName=x')
    .option('-w, --watch', 'go on with a line for each change')
    .option('--watch-only', 'only changes')
    .option('--no-headers', 'leave the heading out')
    .option('--show-labels', 'a column with all labels')
    .option('--show-kind', 'the kind in front of each name')
    .option('-L, --label-columns <keys>', 'a column for each of these labels', collectList)
    .option('--sort-by <path>', 'order by this field, as a JSONPath')
    .option('--ignore-not-found', 'a missing object is no error')
    .option('--show-managed-fields', 'managedFields too, with -o yaml or json')
    .option('--chunk-size <count>', 'objects asked for at a time');
  return command.action(async (words: string[], flags: ClientFlags) => {
    const { get } = await import('./get/get.ts');
    await get(await open(flags), words, flags);
  });
}

function describeCommand(open: OpenSession): Command {
  const command = client('describe', 'tell all about objects').argument('[type-or-name...]', 'pod web | node/n1');
  withSelector(withAllNamespaces(withFiles(command)))
    .option('--show-events', 'with events (the default)')
    .option('--no-show-events', 'without events');
  return command.action(async (words: string[], flags: ClientFlags) => {
    const { describe } = await import('./describe/describe.ts');
    await describe(await open(flags), words, flags);
  });
}

function applyCommand(open: OpenSession): Command {
  const command = client('apply', 'create or change objects so that they are as files say');
  withDryRun(withOutput(withFiles(command))).option('--validate <how>', 'strict (default), warn or ignore');
  return command.action(async (flags: ClientFlags) => {
    const { apply } = await import('./apply/apply.ts');
    await apply(await open(flags), flags);
  });
}

function deleteCommand(open: OpenSession): Command {
  const command = client('delete', 'remove objects').argument('[type-or-name...]', 'pod web | -f FILE | pods -l a=b');
  withDryRun(withOutput(withSelector(withAllNamespaces(withFiles(command)))))
    .option('--field-selector <selector>', 'fields to look for')
    .option('--all', 'all objects of the type in the namespace')
    .option('--grace-period <seconds>', 'time to end; -1 leaves it to the object')
    .option('--force', 'do not wait for a graceful end')
    .option('--now', 'one second to end')
    .option('--cascade [how]', 'background (default), foreground or orphan')
    .option('--wait', 'until the objects are gone (the default)')
    .option('--no-wait', 'return at once')
    .option('--timeout <duration>', 'longest wait')
    .option('--ignore-not-found', 'a missing object is no error');
  hidden(command, '--no-force');
  return command.action(async (words: string[], flags: ClientFlags) => {
    const { deleteObjects } = await import('./delete.ts');
    await deleteObjects(await open(flags), words, flags);
  });
}

function logsCommand(open: OpenSession): Command {
  const command = client('logs', 'show what containers print')
    .argument('[pod]', 'pod, or TYPE/NAME')
    .argument('[container]');
  return withSelector(command)
    .option('-c, --container <name>', 'container of the pod')
    .option('-f, --follow', 'go on as it is printed')
    .option('-p, --previous', 'the container before the last restart')
    .option('--tail <lines>', 'only the last lines; -1 is all')
    .option('--since <duration>', 'only the last while: 90s, 5m, 1h')
    .option('--since-time <time>', 'only from this time on (RFC 3339)')
    .option('--timestamps', 'the time in front of each line')
    .option('--limit-bytes <count>', 'stop after so many bytes')
    .option('--all-containers', 'every container of the pod')
    .option('--prefix', 'pod and container in front of each line')
    .action(async (pod: string | undefined, container: string | undefined, flags: ClientFlags) => {
      const { logs } = await import('./logs.ts');
      await logs(
        await open(flags),
        [pod, container].filter((word) => word !== undefined),
        flags,
      );
    });
}

function scaleCommand(open: OpenSession): Command {
  const command = client('scale', 'change how many replicas there are').argument('[type-or-name...]', 'deploy/web');
  withDryRun(withSelector(withFiles(command)))
    .option('--replicas <count>', 'how many there shall be')
    .option('--current-replicas <count>', 'only if there are so many now')
    .option('--resource-version <version>', 'only if the object is at this version')
    .option('--all', 'all objects of the type in the namespace');
  return command.action(async (words: string[], flags: ClientFlags) => {
    const { scale } = await import('./scale.ts');
    await scale(await open(flags), words, flags);
  });
}

function eventsCommand(open: OpenSession): Command {
  const command = client('events', 'show what happened');
  withOutput(withAllNamespaces(command))
    .option('--for <type/name>', 'only what happened to this object')
    .option('--types <types>', 'only these types: Normal,Warning', collectList)
    .option('-w, --watch', 'go on as it happens')
    .option('--no-headers', 'leave the heading out');
  return command.action(async (flags: ClientFlags) => {
    const { events } = await import('./events.ts');
    await events(await open(flags), flags);
  });
}

function tokenCommand(open: OpenSession): Command {
  const command = new Command('token').description('make, list and revoke the tokens with which machines join');
  command.addCommand(
    client('create', 'print the line with which another machine joins')
      .option('--ttl <duration>', 'how long the token is good: 30m, 24h (the default), or 0 for ever')
      .option('--description <text>', 'what it is for')
      .option('--master <url>', 'where other machines reach the master: https://HOST:6443')
      .action(async (flags: ClientFlags) => {
        const { createToken } = await import('./token.ts');
        await createToken(await open(flags), flags);
      }),
  );
  command.addCommand(
    client('list', 'show the tokens there are').action(async (flags: ClientFlags) => {
      const { listTokens } = await import('./token.ts');
      await listTokens(await open(flags));
    }),
  );
  command.addCommand(
    client('delete', 'revoke tokens; machines that have joined stay')
      .argument('<id...>', 'as `stowctl token list` shows it')
      .action(async (ids: string[], flags: ClientFlags) => {
        const { deleteTokens } = await import('./token.ts');
        await deleteTokens(await open(flags), ids);
      }),
  );
  return command;
}

function whyCommand(open: OpenSession): Command {
  return client('why', 'say why pods are where they are, or nowhere, and what would help')
    .argument('[pod...]', 'web-1 | pod/web-1')
    .option('-o, --output <format>', 'json, yaml or jsonpath=TEMPLATE, for programs')
    .action(async (pods: string[], flags: ClientFlags) => {
      const { why } = await import('./why.ts');
      await why(await open(flags), pods, flags);
    });
}

function cordonCommand(open: OpenSession, name: 'cordon' | 'uncordon', summary: string): Command {
  return withDryRun(withSelector(client(name, summary).argument('[node...]', 'names of nodes'))).action(
    async (nodes: string[], flags: ClientFlags) => {
      const { cordonNodes } = await import('./cordon.ts');
      await cordonNodes(await open(flags), name, nodes, flags);
    },
  );
}

function drainCommand(open: OpenSession): Command {
  const summary = 'place no new pods on nodes, and have those leave that are there';
  const command = client('drain', summary).argument('[node...]', 'names of nodes');
  withDryRun(withSelector(command))
    .option('--ignore-daemonsets', 'pods of DaemonSets stay: their controller would only make them anew')
    .option('--delete-emptydir-data', 'pods with emptyDir volumes leave too, and lose what is in them')
    .option('--force', 'pods leave too that no controller makes anew')
    .option('--grace-period <seconds>', 'time to end; -1 leaves it to the pod')
    .option('--timeout <duration>', 'give up on a node after this long; 0 (the default) is never')
    .option('--disable-eviction', 'delete pods, without asking their disruption budgets')
    .option('--pod-selector <selector>', 'only pods with these labels')
    .option('--skip-wait-for-delete-timeout <seconds>', 'leave pods out that have been ending for longer than this');
  for (const flag of ['ignore-daemonsets', 'delete-emptydir-data', 'force', 'disable-eviction'])
    hidden(command, `--no-${flag}`);
  return command.action(async (nodes: string[], flags: ClientFlags) => {
    const { drainNodes } = await import('./drain/drain.ts');
    await drainNodes(await open(flags), nodes, flags);
  });
}
