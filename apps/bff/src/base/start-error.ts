/** Why Dropsafe cannot start, in the operator's words: what is wrong and what to do. Printed as it is, so it never holds a key, a password or a library's text. */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartError';
  }
}
