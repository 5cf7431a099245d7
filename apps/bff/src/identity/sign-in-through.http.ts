import { operations } from '@dropsafe/contract/operations';
import type { Routes } from '../base/route.http.ts';
import type { SignInThrough } from './sign-in-through.ts';

/** Routes of signing in through a provider. */
export function mountSignInThrough({ mount }: Routes, signInThrough: SignInThrough): void {
  mount(operations.signInMethods, async ({ caller }) => ({ body: signInThrough.methods(caller) }));
}
