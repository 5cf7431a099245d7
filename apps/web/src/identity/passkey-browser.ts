import type {
  AddPasskey,
  PasskeyCreation,
  PasskeyRequest,
  PasskeySignIn,
} from '@dropsafe/contract/passkeys';

/**
 * @file The browser's side of passkeys (WebAuthn, 5.1): it asks the person and the authenticator, and writes what they
 * answer in JSON itself. No library stands between (docs/dependencies.md).
 */

/** Why no passkey can be used on this page, and what to do about it; undefined when they can. */
export function whyNoPasskeys(): string | undefined {
  const { protocol, hostname, port } = window.location;
  if (/^\[|^[\d.]+$/.test(hostname)) {
    return /^\[::1\]$|^127\./.test(hostname)
      ? `Passkeys need a host name. Open ${protocol}//localhost${port === '' ? '' : `:${port}`} instead of ${hostname}.`
      : 'Passkeys need a host name, and this page was opened by a number. The operator sets DROPSAFE_PUBLIC_URL to an https address with a name.';
  }
  if (!window.isSecureContext)
    return 'Passkeys need https. The operator puts a TLS proxy in front and sets DROPSAFE_PUBLIC_URL to its address.';
  if (
    typeof PublicKeyCredential === 'undefined' ||
    !('parseRequestOptionsFromJSON' in PublicKeyCredential)
  )
    return 'This browser does not know passkeys. A newer one does.';
  return undefined;
}

/** Lets the person choose a passkey and signs with it. Throws what `wasCancelled` knows when they do not. */
export async function askForPasskey(asked: PasskeyRequest): Promise<PasskeySignIn> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked);
  const answer = jsonOf(await navigator.credentials.get({ publicKey }));
  // as: an assertion was asked for, and the server looks at every part of it.
  const { id, response } = answer as AuthenticationResponseJSON;
  const { clientDataJSON, authenticatorData, signature, userHandle = null } = response;
  return { id, clientDataJSON, authenticatorData, signature, userHandle };
}

/** Lets the person make a passkey. Throws what `wasCancelled` or `isThereAlready` know when there is none. */
export async function makePasskey(asked: PasskeyCreation): Promise<Omit<AddPasskey, 'name'>> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(asked);
  const answer = jsonOf(await navigator.credentials.create({ publicKey }));
  // as: a new credential was asked for, and the server looks at every part of it.
  const { clientDataJSON, attestationObject, transports } = (answer as RegistrationResponseJSON)
    .response;
  return { clientDataJSON, attestationObject, transports };
}

function jsonOf(credential: Credential | null): unknown {
  if (!(credential instanceof PublicKeyCredential))
    throw new TypeError('The browser answered with no passkey.');
  return credential.toJSON();
}

/** True when the person closed the window of the browser, or it waited for too long. Browsers do not say which. */
export function wasCancelled(error: unknown): boolean {
  return error instanceof DOMException && /^(NotAllowed|Abort)Error$/.test(error.name);
}

/** True when this authenticator has a passkey of this person already. */
export function isThereAlready(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'InvalidStateError';
}
