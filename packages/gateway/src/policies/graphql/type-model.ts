import type {
  DocumentNode,
  GraphQLCompositeType,
  GraphQLField,
  GraphQLNamedType,
  GraphQLSchema,
  OperationTypeNode,
} from 'graphql';
import { nearest } from '../../config/suggest.ts';

/** The parts of graphql-js that do something. It is loaded where the policy is used, and nowhere else. */
export type GraphqlJs = typeof import('graphql');

/** Something that is wrong with the schema, with its place in the file. */
export class SchemaFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SchemaFault';
  }
}

/**
 * @param shown name of the file, for messages: file, line, column, what is wrong
 * @throws AggregateError of SchemaFault
 */
export function readSchema(graphql: GraphqlJs, text: string, shown: string): GraphQLSchema {
  let document: DocumentNode;
  try {
    document = graphql.parse(text);
  } catch (error) {
    throw new AggregateError([faultOf(error, shown)]);
  }
  let schema: GraphQLSchema;
  try {
    schema = graphql.buildASTSchema(document);
  } catch (error) {
    // Of several faults graphql-js tells no place, only names in quotes, which lead back to one.
    const messages = (error as Error).message.split('\n\n');
    throw new AggregateError(
      messages.map((message) => new SchemaFault(`${shown}${placeOfName(text, message)}: ${message}`)),
    );
  }
  const faults = graphql.validateSchema(schema);
  if (faults.length > 0) throw new AggregateError(faults.map((fault) => faultOf(fault, shown)));
  return schema;
}

function faultOf(error: unknown, shown: string): SchemaFault {
  const { message, locations } = error as import('graphql').GraphQLError;
  const [place] = locations ?? [];
  const where = place === undefined ? shown : `${shown}:${place.line}:${place.column}`;
  return new SchemaFault(`${where}: ${message}`);
}

/** Where the name that a message is about stands last: what is there twice is there too often the second time. */
function placeOfName(text: string, message: string): string {
  const name = /"[@$]?(?:[_A-Za-z][_0-9A-Za-z]*\.)*([_A-Za-z][_0-9A-Za-z]*)/.exec(message)?.[1];
  if (name === undefined) return '';
  const at = [...text.matchAll(new RegExp(`(?<![_0-9A-Za-z])${name}(?![_0-9A-Za-z])`, 'g'))].at(-1)?.index;
  if (at === undefined) return '';
  const before = text.slice(0, at).split('\n');
  return `:${before.length}:${before.at(-1)!.length + 1}`;
}

/** What is said of fields, looked up by the type that a selection is made on and the name of the field. */
export class FieldTable<T> {
  readonly #byType = new Map<string, Map<string, T[]>>();

  /** All that was said of the field; undefined for nothing. */
  of(type: string, field: string): readonly T[] | undefined {
    return this.#byType.get(type)?.get(field);
  }

  /**
   * Adds what is said of `Type.field`, or `Type.*`. A field of an object can be asked for on each interface that has it,
   * and one of an interface on each object that implements it: it is the same field all over.
   * @throws Error for what the schema does not have
   */
  add(schema: GraphQLSchema, graphql: GraphqlJs, coordinate: string, said: T): void {
    const [typeName = '', fieldName = ''] = coordinate.split('.');
    const type = schema.getType(typeName);
    if (type === undefined) throw new Error(unknown('type', typeName, Object.keys(schema.getTypeMap())));
    if (!graphql.isObjectType(type) && !graphql.isInterfaceType(type))
      throw new Error(`${typeName} is a type without fields to ask for`);
    const fields = type.getFields();
    const names = fieldName === '*' ? Object.keys(fields) : [fieldName];
    for (const name of names) {
      if (!Object.hasOwn(fields, name)) throw new Error(unknown('field', name, Object.keys(fields)));
      for (const other of Object.values(schema.getTypeMap())) {
        if (other === type || sharesObjects(schema, graphql, type, other, name))
          this.set(other.name, name, said);
      }
    }
  }

  set(type: string, field: string, said: T): void {
    const fields = this.#byType.get(type) ?? new Map<string, T[]>();
    this.#byType.set(type, fields);
    fields.set(field, [...(fields.get(field) ?? []), said]);
  }
}

function sharesObjects(
  schema: GraphQLSchema,
  graphql: GraphqlJs,
  type: GraphQLCompositeType,
  other: GraphQLNamedType,
  field: string,
): boolean {
  if (!graphql.isObjectType(other) && !graphql.isInterfaceType(other)) return false;
  if (!Object.hasOwn(other.getFields(), field)) return false;
  const objects = objectsOf(schema, graphql, other);
  return objectsOf(schema, graphql, type).some((each) => objects.includes(each));
}

function objectsOf(
  schema: GraphQLSchema,
  graphql: GraphqlJs,
  type: GraphQLCompositeType,
): readonly GraphQLCompositeType[] {
  return graphql.isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
}

function unknown(kind: string, name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return `the schema has no ${kind} "${name}"${near === undefined ? '' : `; did you mean "${near}"?`}`;
}

/** The types of a schema as a walk through selections needs them; without a schema all but the roots are unknown. */
export interface TypeModel {
  readonly schema: GraphQLSchema | undefined;
  rootOf(operation: OperationTypeNode): GraphQLCompositeType | undefined;
  /** The type that a fragment is about; undefined for those of introspection, which has bounds of its own. */
  named(name: string): GraphQLCompositeType | undefined;
  /** Undefined where there is none, which validation has refused, or for `__typename` and such like. */
  fieldOf(type: GraphQLCompositeType, name: string): GraphQLField<unknown, unknown> | undefined;
  readonly graphql: GraphqlJs;
}

export function typeModel(graphql: GraphqlJs, schema: GraphQLSchema | undefined): TypeModel {
  return {
    schema,
    graphql,
    rootOf: (operation) => schema?.getRootType(operation) ?? undefined,
    named(name) {
      const type = schema?.getType(name);
      return graphql.isCompositeType(type) && !graphql.isIntrospectionType(type) ? type : undefined;
    },
    fieldOf(type, name) {
      if (graphql.isUnionType(type)) return undefined;
      const fields = type.getFields();
      return Object.hasOwn(fields, name) ? fields[name] : undefined;
    },
  };
}
