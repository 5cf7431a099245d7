/**
 * @file The front door to signing in through a provider of OpenID Connect.
 */
import type { SignInMethods } from '@dropsafe/contract/sign-in';
import type { AnonymousCaller } from '../base/caller.ts';
import type { SignInProvider } from './sign-in-providers.ts';

/** Signing in through a provider. */
export interface SignInThrough {
  /** How one can sign in beside the password. */
  methods(caller: AnonymousCaller): SignInMethods;
}

/** Sign-in through these providers. */
export function createSignInThrough(providers: readonly SignInProvider[]): SignInThrough {
  return {
    methods: () => ({ providers: providers.map(({ name, label }) => ({ name, label })) }),
  };
}
