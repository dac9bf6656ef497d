import { isJsonObject, type JsonObject } from '../meta/json.ts';

/** Messages of definitions of custom resources that stand for a choice: in JSON there is only what was chosen. */
interface Union {
  toMessage(value: unknown): JsonObject;
  fromMessage(message: JsonObject): unknown;
}

export const UNIONS: Readonly<Record<string, Union>> = {
  JSONSchemaPropsOrArray: {
    toMessage: (value) => (Array.isArray(value) ? { schemas: value } : { schema: value }),
    fromMessage: ({ schema, schemas }) => schema ?? schemas,
  },
  JSONSchemaPropsOrBool: {
    toMessage: (value) => (isJsonObject(value) ? { allows: true, schema: value } : { allows: value }),
    fromMessage: ({ schema, allows }) => schema ?? allows ?? false,
  },
  JSONSchemaPropsOrStringArray: {
    toMessage: (value) => (Array.isArray(value) ? { property: value } : { schema: value }),
    fromMessage: ({ schema, property }) => schema ?? property,
  },
};
