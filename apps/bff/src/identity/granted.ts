import { permissionNames, type Permission } from '@dropsafe/contract/permissions';

/** The permissions of a list in their usual order, each once. */
export function inOrder(permissions: readonly Permission[]): Permission[] {
  return permissionNames.filter((permission) => permissions.includes(permission));
}

/** True when two lists grant the same. */
export function isSame(left: readonly Permission[], right: readonly Permission[]): boolean {
  return inOrder(left).join() === inOrder(right).join();
}
