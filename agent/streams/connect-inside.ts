import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { keepQuiet } from './connect.ts';

/**
 * Run in the network of a pod: connects to the pod's loopback and hands the connected socket over. Paused, so that nothing is read
 * from it before it has changed hands.
 */
const HELPER = `
const socket = require('node:net').connect({ host: 'localhost', port: Number(process.argv[1]) });
socket.pause();
socket.once('error', () => process.exit(1));
socket.once('connect', () => process.send('connected', socket, () => process.disconnect()));
`;

/**
 * Connects to a port on the loopback of the network that process `pid` is in. A helper process enters that network (which takes
 * root and the program nsenter) and passes the connection back. Rejects with `fault`, why the direct way failed, when it cannot.
 */
export function connectInside(pid: number, port: number, fault: Error): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const command = [`--net=/proc/${pid}/ns/net`, process.execPath, '-e', HELPER, String(port)];
    // Without the agent's environment: nothing in it (NODE_OPTIONS) is meant for the helper.
    const child = spawn('nsenter', command, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], env: { PATH } });
    child.once('message', (_word, socket) => (socket ? resolve(keepQuiet(socket as Socket)) : reject(fault)));
    child.once('error', () => reject(fault));
    child.once('exit', () => reject(fault));
  });
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
