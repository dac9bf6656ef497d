/** The alphabets of names, label keys and label values (Kubernetes docs, "Object Names and IDs" and "Labels and Selectors"). */

export type NameRule = 'subdomain' | 'label' | 'dns-1035-label' | 'path-segment';

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const DNS_1035_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const LABEL_REGEX = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED_REGEX = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

const SUBDOMAIN_FAULT = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${LABEL_REGEX}(\\.${LABEL_REGEX})*')`;
const LABEL_FAULT = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL_REGEX}')`;
const DNS_1035_FAULT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const LABEL_VALUE_FAULT = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${QUALIFIED_REGEX})?')`;
const QUALIFIED_FAULT = `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${QUALIFIED_REGEX}')`;

// Split by dots first: a single pattern for the whole name could take exponential time on hostile input.
const isSubdomain = (text: string) => text.split('.').every((part) => LABEL.test(part));

function subdomainFault(text: string): string | undefined {
  if (text.length > 253) return 'must be no more than 253 bytes';
  return isSubdomain(text) ? undefined : SUBDOMAIN_FAULT;
}

function pathSegmentFault(name: string): string | undefined {
  if (name === '.' || name === '..') return `may not be '${name}'`;
  for (const character of ['/', '%']) if (name.includes(character)) return `may not contain '${character}'`;
  return undefined;
}

/** What is wrong with a name, in Kubernetes' words; undefined when nothing is. */
export function nameFault(rule: NameRule, name: string): string | undefined {
  if (rule === 'path-segment') return pathSegmentFault(name);
  if (rule === 'subdomain') return subdomainFault(name);
  if (name.length > 63) return 'must be no more than 63 bytes';
  if (rule === 'dns-1035-label') return DNS_1035_LABEL.test(name) ? undefined : DNS_1035_FAULT;
  return LABEL.test(name) ? undefined : LABEL_FAULT;
}

/** What is wrong with a label key (`[prefix/]name`); undefined when nothing is. */
export function labelKeyFault(key: string): string | undefined {
  const parts = key.split('/');
  if (parts.length > 2)
    return `a qualified name ${QUALIFIED_FAULT} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`;
  const name = parts.at(-1) ?? '';
  if (parts.length === 2) {
    if (!parts[0]) return 'prefix part must be non-empty';
    const fault = subdomainFault(parts[0]);
    if (fault) return `prefix part ${fault}`;
  }
  if (!name) return 'name part must be non-empty';
  if (name.length > 63) return 'name part must be no more than 63 bytes';
  return LABEL_VALUE.test(name) ? undefined : `name part ${QUALIFIED_FAULT}`;
}

/** What is wrong with a label value; undefined when nothing is. */
export function labelValueFault(value: string): string | undefined {
  if (value.length > 63) return 'must be no more than 63 bytes';
  return LABEL_VALUE.test(value) ? undefined : LABEL_VALUE_FAULT;
}
