import { z } from 'zod';

/**
 * Every permission with the sentence that the UI and the documentation show for it.
 * A permission named here and demanded nowhere is a defect: the route tests read this list.
 */
export const permissions = {
  SECRET_MANAGEMENT: 'Create, list, update and delete secrets.',
  SECRET_MANAGEMENT_READ: 'List secrets and see their metadata.',
  SECRET_MANAGEMENT_CREATE: 'Create secrets and list them.',
  SECRET_MANAGEMENT_UPDATE: 'Update secrets and list them.',
  SECRET_MANAGEMENT_DELETE: 'Delete secrets and list them.',
  INTEGRATION_MANAGEMENT: 'Create, list, update and delete integrations.',
  INTEGRATION_MANAGEMENT_READ: 'List integrations and see their configuration.',
  INTEGRATION_MANAGEMENT_CREATE: 'Create integrations and see them.',
  INTEGRATION_MANAGEMENT_UPDATE: 'Update integrations and see them.',
  INTEGRATION_MANAGEMENT_DELETE: 'Delete integrations and see them.',
  INTEGRATION_USE: 'List integrations by name, and test their connection.',
  AUDIT_READ: 'Read and export the audit trail.',
  ACCESS_MANAGEMENT: 'Manage users, teams, API keys and their permissions.',
} as const;

/** The name of a permission. */
export type Permission = keyof typeof permissions;

/** All permission names, in the order in which they are shown. */
export const permissionNames = Object.keys(permissions) as [Permission, ...Permission[]]; // as: Object.keys forgets the names

/** A permission name as it travels. */
export const PermissionSchema = z.enum(permissionNames).meta({ id: 'Permission' });

/** Any one of these lets its holder list secrets: a page that can create but not list helps nobody. */
export const readSecrets = [
  'SECRET_MANAGEMENT',
  'SECRET_MANAGEMENT_READ',
  'SECRET_MANAGEMENT_CREATE',
  'SECRET_MANAGEMENT_UPDATE',
  'SECRET_MANAGEMENT_DELETE',
] as const satisfies Permission[];
/** Any one of these lets its holder create secrets. */
export const createSecrets = [
  'SECRET_MANAGEMENT',
  'SECRET_MANAGEMENT_CREATE',
] as const satisfies Permission[];
/** Any one of these lets its holder update secrets. */
export const updateSecrets = [
  'SECRET_MANAGEMENT',
  'SECRET_MANAGEMENT_UPDATE',
] as const satisfies Permission[];
/** Any one of these lets its holder delete secrets. */
export const deleteSecrets = [
  'SECRET_MANAGEMENT',
  'SECRET_MANAGEMENT_DELETE',
] as const satisfies Permission[];
/** Any one of these lets its holder see integrations with their configuration. */
export const readIntegrations = [
  'INTEGRATION_MANAGEMENT',
  'INTEGRATION_MANAGEMENT_READ',
  'INTEGRATION_MANAGEMENT_CREATE',
  'INTEGRATION_MANAGEMENT_UPDATE',
  'INTEGRATION_MANAGEMENT_DELETE',
] as const satisfies Permission[];
/** Any one of these lets its holder see which integrations there are: who uses one has to find it. */
export const listIntegrations = [
  ...readIntegrations,
  'INTEGRATION_USE',
] as const satisfies Permission[];
/** Any one of these lets its holder create integrations. */
export const createIntegrations = [
  'INTEGRATION_MANAGEMENT',
  'INTEGRATION_MANAGEMENT_CREATE',
] as const satisfies Permission[];
/** Any one of these lets its holder update integrations. */
export const updateIntegrations = [
  'INTEGRATION_MANAGEMENT',
  'INTEGRATION_MANAGEMENT_UPDATE',
] as const satisfies Permission[];
/** Any one of these lets its holder delete integrations. */
export const deleteIntegrations = [
  'INTEGRATION_MANAGEMENT',
  'INTEGRATION_MANAGEMENT_DELETE',
] as const satisfies Permission[];
/** Any one of these lets its holder test a configuration that is not saved: who may not save it may not try it either. */
export const testDrafts = [
  'INTEGRATION_MANAGEMENT',
  'INTEGRATION_MANAGEMENT_CREATE',
  'INTEGRATION_MANAGEMENT_UPDATE',
] as const satisfies Permission[];
/** Any one of these lets its holder test the connection of an integration as it is saved. */
export const testIntegrations = [...testDrafts, 'INTEGRATION_USE'] as const satisfies Permission[];
/** This lets its holder read and export the audit trail. */
export const readAudit = ['AUDIT_READ'] as const satisfies Permission[];

/** Lets its holder manage who may do what, themselves included: users, teams, API keys, sessions. */
export const manageAccess = ['ACCESS_MANAGEMENT'] as const satisfies Permission[];

/** What a permission holds within it: granting the parts beside the whole adds nothing. */
export const permissionParts: Partial<Record<Permission, readonly Permission[]>> = {
  SECRET_MANAGEMENT: readSecrets.filter((permission) => permission !== 'SECRET_MANAGEMENT'),
  INTEGRATION_MANAGEMENT: readIntegrations.filter(
    (permission) => permission !== 'INTEGRATION_MANAGEMENT',
  ),
};

/** True when one of `held` is among `anyOf`. The one decision, for the server and for the buttons alike. */
export function isAllowed(held: readonly Permission[], anyOf: readonly Permission[]): boolean {
  return anyOf.some((permission) => held.includes(permission));
}
