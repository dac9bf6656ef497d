import { spawn } from 'node:child_process';

/**
 * Tells systemd that this process serves, where systemd has started it and asks for that (man sd_notify): through its own program, as
 * Node.js cannot write to such a socket. Who is not told goes by the unit's time limit, so a failure here is none of the cell's.
 */
export function tellSupervisor(env: NodeJS.ProcessEnv): void {
  if (!env.NOTIFY_SOCKET) return;
  const child = spawn('systemd-notify', ['--ready'], { env, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
}
