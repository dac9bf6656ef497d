import Type from 'typebox';
import { list, optional, type Static, string, struct } from '../meta/schema.ts';

/** Names to lists of texts: what else is known of a user. */
export const extraMap = (description: string) =>
  Type.Unsafe<Record<string, string[]>>({
    type: 'object',
    description,
    additionalProperties: list(string('A value.'), 'Values.'),
  });

export const UserInfoSchema = struct('io.k8s.api.authentication.v1.UserInfo', 'What is known of a user.', {
  extra: optional(extraMap('What else authentication found out.')),
  groups: optional(list(string('A group.'), 'Groups the user belongs to.')),
  uid: optional(string('Tells the user from a namesake.')),
  username: optional(string('Name of the user.')),
});
export type UserInfo = Static<typeof UserInfoSchema>;
