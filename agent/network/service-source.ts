import type { RuleSource } from './rule-table.ts';
import { NO_RULES } from './rules.ts';
import { serviceRules } from './service-rules.ts';
import type { NetworkState } from './state.ts';

const PREFIX = 'service ';

/** As the table names the rules of services. */
export const serviceKeys = (services: Iterable<string>): string[] => [...services].map((key) => PREFIX + key);

/** Rules of all services that the state knows. */
export const serviceSource = (state: NetworkState): RuleSource => ({
  keys: () => serviceKeys(state.services.keys()),
  rulesOf(key, place) {
    if (!key.startsWith(PREFIX)) return undefined;
    const name = key.slice(PREFIX.length);
    const service = state.services.get(name);
    return service ? serviceRules(service, state.slicesOf(name), place) : NO_RULES;
  },
});
