import { ageColumn, nameColumn } from '../core/columns.ts';
import type { Column } from '../meta/definition.ts';
import { type ApiObject, metaOf } from '../meta/object.ts';
import type { RoleRef, Subject } from './subjects.ts';

export const roleColumns: readonly Column<ApiObject>[] = [
  nameColumn,
  {
    name: 'Created At',
    type: 'string',
    description: 'When the role was made.',
    value: (role) => metaOf(role).creationTimestamp ?? '<unknown>',
  },
];

type Binding = ApiObject & { roleRef?: RoleRef; subjects?: Subject[] };

const namesOf = (binding: Binding, kind: string) =>
  (binding.subjects ?? [])
    .filter((subject) => subject.kind === kind)
    .map(({ name, namespace }) => (kind === 'ServiceAccount' ? `${namespace ?? ''}/${name}` : name))
    .join(', ');

const subjectColumn = (name: string, kind: string): Column<Binding> => ({
  name,
  type: 'string',
  description: `Subjects of the kind ${kind}.`,
  priority: 1,
  value: (binding) => namesOf(binding, kind),
});

export const bindingColumns: readonly Column<Binding>[] = [
  nameColumn,
  {
    name: 'Role',
    type: 'string',
    description: 'The role that is given.',
    value: ({ roleRef }) => `${roleRef?.kind ?? ''}/${roleRef?.name ?? ''}`,
  },
  ageColumn,
  subjectColumn('Users', 'User'),
  subjectColumn('Groups', 'Group'),
  subjectColumn('ServiceAccounts', 'ServiceAccount'),
];
