/**
 * The nonce of this answer: the content security policy lets in styles with it only. Browsers hide it from the
 * attribute, not from the property.
 */
export const nonce = document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce;
