// An OIDC server for tests: whoever comes is who they say they are. node oidc_server.mjs PORT REDIRECT SECRET
import { Provider } from "oidc-provider";

const [port, redirect, secret] = process.argv.slice(2);
const account = (_, id) => ({
  accountId: id,
  claims: () => ({ sub: id, name: id, email: `${id}@school.example`, email_verified: id !== "mallory" }),
});
const provider = new Provider(`http://localhost:${port}`, {
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  clients: [
    { client_id: "loupe", client_secret: secret, redirect_uris: [redirect], post_logout_redirect_uris: [redirect] },
  ],
  conformIdTokenClaims: false,
  cookies: { keys: [secret] },
  features: { devInteractions: { enabled: true } },
  findAccount: account,
});
provider.listen(Number(port), "localhost");
