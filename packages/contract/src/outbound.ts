/**
 * @file A test of a connection as it travels: how far it came, as named checks, each with a sentence that helps. There is
 * no field for what the other side answered, nor for anything that was sent.
 */
import { z } from 'zod';
import { FieldsSchema, IntegrationTypeSchema } from './integrations.ts';

/** What is checked, in this order; the first that fails ends the test. */
export const checkNames = [
  'destination',
  'secrets',
  'request',
  'name',
  'address',
  'connection',
  'tls',
  'answer',
  'authentication',
] as const;

/** What one check came to. */
export const CheckSchema = z
  .strictObject({
    name: z.enum(checkNames),
    status: z.enum(['PASSED', 'FAILED', 'SKIPPED']),
    explanation: z.string(),
  })
  .meta({ id: 'Check' });

/** `POST /integrations/tests`: a configuration as it stands in the form, checked as if it was saved. */
export const TestDraftSchema = z
  .strictObject({
    /** The integration that it would change: what it mentions there already needs no permission for secrets. */
    id: z.uuid({ error: 'Must be the id of an integration.' }).optional(),
    type: IntegrationTypeSchema,
    fields: FieldsSchema,
  })
  .meta({ id: 'TestDraft' });

/** What a test came to: every check, in the order in which they are made. */
export const TestResultSchema = z
  .strictObject({ checks: z.array(CheckSchema) })
  .meta({ id: 'TestResult' });

/** The name of a check. */
export type CheckName = (typeof checkNames)[number];
/** What one check came to, with a sentence that helps. */
export type Check = z.infer<typeof CheckSchema>;
/** `POST /integrations/tests`, checked as far as its shape goes. */
export type TestDraft = z.infer<typeof TestDraftSchema>;
/** What a test came to. */
export type TestResult = z.infer<typeof TestResultSchema>;
