import { type Tasks, tasks } from './tasks.ts';

/** A task in a process of its own: its memory and its compiler's state are its own. The answer goes to the parent. */
const [name = '', argument = '{}'] = process.argv.slice(2);
const task = tasks[name as keyof Tasks] as (argument: unknown) => unknown;
process.send!(task(JSON.parse(argument)));
