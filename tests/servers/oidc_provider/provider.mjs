// A certified OpenID provider on loopback, for tests: one client, and the people of a JSON file.
// usage: provider.mjs PORT CONFIG   (CONFIG: {client: {...}, people: {login: {password, claims}}})
import { readFileSync } from "node:fs";
import { Provider } from "oidc-provider";

const [port, configPath] = process.argv.slice(2);
const { client, people } = JSON.parse(readFileSync(configPath, "utf-8"));
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [client],
  cookies: { keys: ["only-for-tests"] },
  claims: {
    openid: ["sub"],
    profile: ["name", "preferred_username", "locale", "groups"],
    email: ["email", "email_verified"],
  },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  findAccount: (_context, login) => {
    if (!people[login]) return undefined;
    return { accountId: login, claims: () => ({ sub: login, ...people[login] }) };
  },
  conformIdTokenClaims: true, // claims come from the user info, as the standard has it for the code flow
  ttl: { AccessToken: 600, IdToken: 600, Interaction: 600, Session: 600, Grant: 600 },
});

provider.listen(Number(port), "127.0.0.1", () => console.log(`ready ${issuer}`));
