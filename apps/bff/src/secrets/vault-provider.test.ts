import { findVaultBinary, startVaultBinary } from '../../testkit/vault-binary.ts';
import { startVaultServer } from '../../testkit/vault-server.ts';
import { vaultSuite } from '../../testkit/vault-suite.ts';

vaultSuite('on the server of the tests', async () => {
  const server = await startVaultServer();
  return {
    address: server.address,
    rootToken: server.rootToken,
    ask: async (method, path, body) => server.asRoot(method, path, body),
    mount: async (path, version) => server.mount(path, { version }),
    policy: async (name, policy) => server.policy(name, policy),
    async appRole(name, policies, ttl) {
      const secretId = `secret-id-of-${name}`;
      server.role('approle', name, { policies, ttl, accepts: (proof) => proof === secretId });
      return { roleId: name, secretId };
    },
    stop: () => server.stop(),
  };
});

const binary = findVaultBinary();
vaultSuite(
  'on the real program, where bao or vault is on the PATH',
  binary === undefined ? undefined : () => startVaultBinary(binary),
);
