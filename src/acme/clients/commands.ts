/** Clients that are commands: what is printed can be pasted into a shell. */
import { type Client, CONTACT, command, firstName, NOT_TRIED, type Place, word } from "./client.js";

/** For clients that put a file where a web server serves it. */
const WEBROOT = "webroot";
const CHALLENGES = `${WEBROOT}/.well-known/acme-challenge`;

const needsWebroot = ({ http01Port }: Place): string =>
  `A web server has to answer on port ${http01Port} from the folder ${WEBROOT}, for example: python3 -m http.server ${http01Port} --directory ${WEBROOT}`;

const each = (option: string, names: readonly string[]): string[][] =>
  names.map((name) => [option, name]);

export const certbot: Client = {
  source: "https://eff-certbot.readthedocs.io/en/stable/using.html",
  notes: () => [
    "certbot trusts what REQUESTS_CA_BUNDLE says; certbot renew needs the variable again.",
    "To renew at once: certbot renew --force-renewal --no-random-sleep-on-renew",
    "Its older versions refuse IP addresses themselves; 2.1 does.",
  ],
  render: ({ directoryUrl, root, names, http01Port, binding }) =>
    command([
      [`REQUESTS_CA_BUNDLE=${root}`, "certbot", "certonly", "--standalone"],
      ["--server", directoryUrl],
      ["--agree-tos", "--register-unsafely-without-email", "--non-interactive"],
      ...(http01Port === 80 ? [] : [["--http-01-port", String(http01Port)]]),
      ...(binding ? [["--eab-kid", binding.keyId, "--eab-hmac-key", binding.hmacKey]] : []),
      ...each("-d", names),
    ]),
};

export const lego: Client = {
  source: "https://go-acme.github.io/lego/usage/cli/options/",
  notes: () => [
    "LEGO_CA_CERTIFICATES takes the place of the system's roots for this run.",
    "To renew at once, renew --days 90 --no-random-sleep in place of run: it sleeps for minutes otherwise.",
  ],
  render: ({ directoryUrl, root, names, http01Port, binding }) =>
    command([
      [`LEGO_CA_CERTIFICATES=${root}`, "lego", "--server", directoryUrl],
      ["--accept-tos", "--email", CONTACT, "--http"],
      ...(http01Port === 80 ? [] : [["--http.port", `:${http01Port}`]]),
      ...(binding ? [["--eab", "--kid", binding.keyId, "--hmac", binding.hmacKey]] : []),
      ...each("--domains", names),
      ["run"],
    ]),
};

export const dehydrated: Client = {
  source: "https://github.com/dehydrated-io/dehydrated/blob/master/docs/examples/config",
  notes: (place) => [needsWebroot(place)],
  // dehydrated takes CURL_OPTS apart at white space, whatever it is quoted with.
  render: ({ directoryUrl, root, names, binding }) => `mkdir -p dehydrated ${CHALLENGES}
cp ${word(root)} dehydrated/root.pem
cat > dehydrated/config <<'END'
CA=${word(directoryUrl)}
CURL_OPTS="--cacert dehydrated/root.pem"
CHALLENGETYPE="http-01"
WELLKNOWN="\${BASEDIR}/../${CHALLENGES}"
CONTACT_EMAIL="${CONTACT}"${
    binding ? `\nEAB_KID="${binding.keyId}"\nEAB_HMAC_KEY="${binding.hmacKey}"` : ""
  }
END
dehydrated --config dehydrated/config --register --accept-terms
${command([["dehydrated", "--config", "dehydrated/config", "--cron"], ...each("--domain", [names.join(" ")])])}`,
};

export const acmeTiny: Client = {
  source: "https://github.com/diafygi/acme-tiny",
  notes: (place) => [
    needsWebroot(place),
    ...(place.binding
      ? ["acme-tiny knows no external account binding: it needs a server without --eab."]
      : []),
  ],
  render: (place) => {
    const { directoryUrl, root, names } = place;
    const base = word(firstName(place).replaceAll("*", "_"));
    const alternatives = names.map((name) => `DNS:${name}`).join(",");
    return `mkdir -p ${CHALLENGES}
test -e account.key || openssl genrsa -out account.key 4096
test -e ${base}.key || openssl genrsa -out ${base}.key 2048
${command([
  ["openssl", "req", "-new", "-key", `${base}.key`, "-out", `${base}.csr`],
  ["-subj", "/", "-addext", `subjectAltName=${alternatives}`],
])}
${command([
  [`SSL_CERT_FILE=${root}`, "acme-tiny", "--directory-url", directoryUrl],
  ["--account-key", "account.key", "--csr", `${base}.csr`],
  ["--acme-dir", CHALLENGES, "--disable-check"],
])} > ${base}.pem`;
  },
};

export const uacme: Client = {
  source: "https://ndilieto.github.io/uacme/uacme.html",
  notes: (place) => [
    "uacme trusts the system's roots only; first run: devtls trust --store system",
    needsWebroot(place),
  ],
  render: ({ directoryUrl, names, binding }) => {
    const common = ["uacme", "--acme-url", directoryUrl, "--confdir", "uacme.d", "--yes"];
    const bound = binding ? ["--eab", `${binding.keyId}:${binding.hmacKey}`] : [];
    return `mkdir -p ${CHALLENGES}
test -e uacme.d/private/key.pem || ${command([[...common, ...bound, "new", CONTACT]])}
${command([
  [`UACME_CHALLENGE_PATH=${CHALLENGES}`, ...common],
  ["--hook", "/usr/share/uacme/uacme.sh", "issue", ...names],
])}`;
  },
};

export const acmeSh: Client = {
  source: "https://github.com/acmesh-official/acme.sh/wiki/Options-and-Params",
  notes: () => [NOT_TRIED],
  render: ({ directoryUrl, root, names, http01Port, binding }) => {
    const server = ["--server", directoryUrl, "--ca-bundle", root];
    const bound = binding
      ? `${command([
          ["acme.sh", "--register-account", ...server],
          ["--eab-kid", binding.keyId, "--eab-hmac-key", binding.hmacKey],
        ])}\n`
      : "";
    return `${bound}${command([
      ["acme.sh", "--issue", "--standalone"],
      ...(http01Port === 80 ? [] : [["--httpport", String(http01Port)]]),
      server,
      ...each("-d", names),
    ])}`;
  },
};

export const acmeClient: Client = {
  file: "certificate.mjs",
  source: "https://github.com/publishlab/node-acme-client/blob/master/docs/client.md",
  notes: ({ root }) => [
    "npm install acme-client",
    "It orders addresses as host names, which no authority takes: names only.",
    `Run it so: NODE_EXTRA_CA_CERTS=${word(root)} node certificate.mjs`,
  ],
  render: (place) => `import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import acme from "acme-client";

const files = new Map();
const server = createServer((request, response) => {
  const file = files.get(request.url);
  response.writeHead(file ? 200 : 404).end(file);
}).listen(${place.http01Port});

const client = new acme.Client({
  directoryUrl: ${JSON.stringify(place.directoryUrl)},
  accountKey: await acme.crypto.createPrivateEcdsaKey(),${
    place.binding
      ? `\n  externalAccountBinding: { kid: ${JSON.stringify(place.binding.keyId)}, hmacKey: ${JSON.stringify(place.binding.hmacKey)} },`
      : ""
  }
});
const [key, csr] = await acme.crypto.createCsr({ altNames: ${JSON.stringify(place.names)} });
const certificate = await client.auto({
  csr,
  email: ${JSON.stringify(CONTACT)},
  termsOfServiceAgreed: true,
  skipChallengeVerification: true,
  challengePriority: ["http-01"],
  challengeCreateFn: async (_, { token }, text) => {
    files.set(\`/.well-known/acme-challenge/\${token}\`, text);
  },
  challengeRemoveFn: async (_, { token }) => {
    files.delete(\`/.well-known/acme-challenge/\${token}\`);
  },
});
writeFileSync(${JSON.stringify(`${firstName(place)}-key.pem`)}, key, { mode: 0o600 });
writeFileSync(${JSON.stringify(`${firstName(place)}.pem`)}, certificate);
server.close();`,
};
