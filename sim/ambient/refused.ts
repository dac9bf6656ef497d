/** Nothing outside is run. */
const refuse = (): never => {
  throw new Error('a simulated process cannot run programs of the real machine');
};

export const execFile = refuse;
export const spawn = refuse;
