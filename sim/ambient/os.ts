/** The machine that every simulated process believes it is on. */
export const availableParallelism = (): number => 4;
export const cpus = (): object[] => [{}, {}, {}, {}];
export const hostname = (): string => 'simulated';
export const networkInterfaces = (): object => ({
  eth0: [{ address: '192.0.2.1', family: 'IPv4', internal: false }],
});
export const release = (): string => '0';
export const totalmem = (): number => 8 * 1024 ** 3;
export const uptime = (): number => 1;
export const tmpdir = (): string => '/tmp';
