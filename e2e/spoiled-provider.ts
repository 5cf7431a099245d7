/**
 * @file A provider of OpenID Connect that a test can spoil. It runs in the process of the stack, as the node knows its address
 * from the start; a test, in a process of its own, says by HTTP what is wrong with it. One test at a time: it is one for all.
 */
import {
  startIdentityProvider,
  type IdentityProvider,
  type Spoiled,
} from '@dropsafe/bff/testkit/identity-provider';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** All that is wrong with it from now on; what is left out is as it should be. */
export interface Spoiling {
  isDown?: boolean;
  /** These in place of the claims of its ID tokens. */
  claims?: Record<string, unknown>;
  signature?: Spoiled['signature'];
  /** It has new keys as of now. */
  hasNewKeys?: boolean;
}

/** Starts one. Whatever is posted to `controlUrl` is done when it has been answered. */
export async function startSpoiledProvider(): Promise<IdentityProvider & { controlUrl: string }> {
  const provider = await startIdentityProvider();
  let wasDown = false;

  async function spoil({ isDown = false, claims, signature, hasNewKeys }: Spoiling): Promise<void> {
    if (isDown !== wasDown) await provider.setDown(isDown);
    wasDown = isDown;
    if (hasNewKeys === true) await provider.rotateKeys();
    provider.spoil((usual) => ({
      claims: { ...usual, ...claims },
      ...(signature !== undefined && { signature }),
    }));
  }

  const control = createServer((req, res) => {
    void text(req)
      .then((body) => spoil(JSON.parse(body) as Spoiling)) // as: a test wrote it
      .then(
        () => res.writeHead(204).end(),
        (error: unknown) => res.writeHead(500).end(String(error)),
      );
  });
  await new Promise<void>((resolve) => control.listen(0, '127.0.0.1', resolve));
  const { port } = control.address() as AddressInfo; // as: a TCP server
  return {
    ...provider,
    controlUrl: `http://127.0.0.1:${port}`,
    async stop() {
      control.close();
      control.closeAllConnections();
      await provider.stop();
    },
  };
}
