/** Waits until the engine answers or the deadline passes; resolves with whether it does. */
export function awaitEngine(host: string, timeoutMs: number, lives?: () => boolean): Promise<boolean>;
