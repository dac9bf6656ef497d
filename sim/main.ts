import { replaceGlobals } from './ambient/globals.ts';
import { replaceModules } from './ambient/hooks.ts';

/** Kept for figures: from here on nobody else has them. */
const stopwatch = performance.now.bind(performance);
const { stdout, stderr } = process;
// Who reads no further has read enough.
stdout.on('error', () => {});
const processorMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

// Before anything that is simulated is loaded.
replaceModules();
const { runCommand } = await import('./command.ts');
replaceGlobals();
process.exitCode = await runCommand(process.argv.slice(2), {
  stopwatch,
  processorMs,
  print: (line) => void stdout.write(`${line}\n`),
  progress: (line) => void (stderr.isTTY && stderr.write(`\r\u001b[K${line}\r`)),
});
