/** @file The OpenAPI 3.1 document, made from the operations and schemas of the contract. Pure. */
import { operations, type Operation } from '@dropsafe/contract/operations';
import { ProblemSchema, problems, type ProblemCode } from '@dropsafe/contract/problems';
import { z } from 'zod';

/** Problems that any call can have, whatever it does. */
const common: ProblemCode[] = ['validation-failed', 'internal', 'database-unavailable'];
const ofBodies: ProblemCode[] = [
  'malformed-request',
  'payload-too-large',
  'unsupported-media-type',
];

/** The description of the API for programs. */
export function describeApi(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [id, operation] of Object.entries<Operation>(operations)) {
    (paths[operation.path] ??= {})[operation.method.toLowerCase()] = describeOperation(
      id,
      operation,
    );
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Dropsafe',
      version,
      description: 'A drop safe for credentials. No call answers with a value.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api/v1' }],
    paths,
    components: {
      schemas: describeSchemas(),
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'dropsafe',
          description: 'Named __Host-dropsafe when served over TLS.',
        },
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'dsk_ and 49 letters and digits',
          description: 'An API key, for programs. Not together with the cookie.',
        },
      },
    },
  };
}

function describeOperation(operationId: string, operation: Operation): object {
  const { access, params, query, body, answer, streams, status, hasVersion, method } = operation;
  const isChange = method !== 'GET';
  const isFromPage = isChange && operation.isSentByProvider !== true;
  const bodyType = operation.isForm ? 'application/x-www-form-urlencoded' : 'application/json';
  const isForPeople = access === 'anybody' || access === 'person';
  const own =
    access === 'anybody'
      ? []
      : ([
          ...(typeof access === 'string' ? [] : ['permission-required' as const]),
          ...(access === 'person' ? ['person-required' as const] : []),
          'unauthenticated',
        ] as const);
  const codes = new Set<ProblemCode>([
    ...operation.problems,
    ...own,
    ...common,
    ...(body ? ofBodies : []),
    ...(isFromPage ? ['cross-site-request' as const] : []),
  ]);
  const ifMatch =
    hasVersion && ['PATCH', 'DELETE'].includes(method)
      ? [
          {
            name: 'If-Match',
            in: 'header',
            schema: { type: 'string' },
            description: 'The ETag that this change is meant for.',
          },
        ]
      : [];
  const requestedWith = isFromPage
    ? [
        {
          name: 'X-Requested-With',
          in: 'header',
          // With an API key there is no cookie that another site could make use of.
          required: isForPeople,
          schema: { const: 'dropsafe' },
          ...(!isForPeople && { description: 'Required with the cookie, not with an API key.' }),
        },
      ]
    : [];
  return {
    operationId,
    summary: operation.summary,
    ...(typeof access !== 'string' && {
      description: `Needs one of: ${access.join(', ')}.`,
      'x-permissions': access,
    }),
    security:
      access === 'anybody' ? [] : [{ session: [] }, ...(isForPeople ? [] : [{ apiKey: [] }])],
    parameters: [
      ...parametersOf(params, 'path'),
      ...parametersOf(query, 'query'),
      ...ifMatch,
      ...requestedWith,
    ],
    ...(body && {
      requestBody: { required: true, content: { [bodyType]: { schema: reference(body) } } },
    }),
    responses: {
      [status]: {
        description: 'Done.',
        ...(hasVersion && answer && { headers: { ETag: { schema: { type: 'string' } } } }),
        ...(answer && { content: { 'application/json': { schema: reference(answer) } } }),
        ...(streams && { content: Object.fromEntries(streams.map((type) => [type, {}])) }),
      },
      ...responsesOf(codes),
    },
  };
}

function responsesOf(codes: Set<ProblemCode>): Record<string, object> {
  const byStatus = Map.groupBy(codes, (code) => problems[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      status,
      {
        description: ofStatus
          .map((code) => `/problems/${code}: ${problems[code].title}.`)
          .join(' '),
        content: { 'application/problem+json': { schema: reference(ProblemSchema) } },
      },
    ]),
  );
}

function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query'): object[] {
  if (schema === undefined) return [];
  const { properties = {} } = z.toJSONSchema(schema, {
    io: 'input',
    // Zod leaves out the default of what is read from text.
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema instanceof z.ZodDefault) jsonSchema.default = zodSchema.def.defaultValue;
    },
  });
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path',
    schema: property,
  }));
}

const idOf = (schema: z.ZodType) => z.globalRegistry.get(schema)?.id;
const uri = (id: string) => `#/components/schemas/${id}`;

function reference(schema: z.ZodType): object {
  const id = idOf(schema);
  if (id === undefined) throw new Error('Every body of the contract has an id.');
  return { $ref: uri(id) };
}

function describeSchemas(): Record<string, object> {
  const all = Object.values<Operation>(operations);
  const sent = schemasOf(
    all.map(({ body }) => body),
    'input',
  );
  const answered = schemasOf([...all.map(({ answer }) => answer), ProblemSchema], 'output');
  return { ...answered, ...sent };
}

function schemasOf(
  schemas: (z.ZodType | undefined)[],
  io: 'input' | 'output',
): Record<string, object> {
  const registry = z.registry<{ id: string }>();
  for (const schema of schemas) {
    const id = schema && idOf(schema);
    if (schema && id !== undefined && !registry.has(schema)) registry.add(schema, { id });
  }
  return z.toJSONSchema(registry, { io, uri }).schemas;
}
