/** Servers that get their certificates themselves: what is printed goes into their configuration. */
import { type Client, CONTACT, firstName, NOT_TRIED, type Place } from "./client.js";

/** Names that Caddy signs itself unless it is told otherwise, each site by its own lines. */
const CADDY_OWN = /(?:^|\.)(?:localhost|local|internal|home\.arpa)$|^[\d.]+$|:/;

export const caddy: Client = {
  file: "Caddyfile",
  source: "https://caddyserver.com/docs/caddyfile/directives/tls#acme",
  notes: ({ names }) => [
    ...(names.some((name) => CADDY_OWN.test(name))
      ? [
          "Caddy takes its own authority for .localhost, .local and addresses, whatever acme_ca says: the issuer has to stand in the site, as here.",
        ]
      : []),
    "Run it so: caddy run --config Caddyfile. As a service, its user has to be able to read the root.",
  ],
  render: ({ directoryUrl, root, names, http01Port, tlsAlpn01Port, binding }) => {
    const ports = [
      ...(http01Port === 80 ? [] : [`\thttp_port ${http01Port}`]),
      ...(tlsAlpn01Port === 443 ? [] : [`\thttps_port ${tlsAlpn01Port}`]),
    ];
    const options = ports.length > 0 ? `{\n${ports.join("\n")}\n}\n\n` : "";
    const eab = binding ? `\n\t\t\teab ${binding.keyId} ${binding.hmacKey}` : "";
    return `${options}${names.join(", ")} {
	tls {
		issuer acme {
			dir ${directoryUrl}
			trusted_roots ${JSON.stringify(root)}${eab}
		}
	}
	respond "Hello from Caddy"
}`;
  },
};

/** Apache's children, which talk to the authority, may not look into a home folder. */
const APACHE_ROOT = "/etc/apache2/devtls-root.pem";

export const apache: Client = {
  file: "acme.conf",
  source: "https://httpd.apache.org/docs/2.4/mod/mod_md.html",
  notes: () => [
    `Apache's own user has to be able to read the root: devtls ca export | sudo tee ${APACHE_ROOT}`,
    "Needs the modules md, ssl and watchdog: a2enmod md ssl",
    "The certificate is served after the next graceful restart: apachectl graceful",
  ],
  render: (place) => {
    const { directoryUrl, names, http01Port, tlsAlpn01Port, binding } = place;
    return `MDCertificateAuthority ${directoryUrl}
MDCertificateAgreement accepted
MDCACertificateFile ${APACHE_ROOT}
MDContactEmail ${CONTACT}
MDPrivateKeys secp256r1
MDPortMap http:${http01Port} https:${tlsAlpn01Port}${
      binding ? `\nMDExternalAccountBinding ${binding.keyId} ${binding.hmacKey}` : ""
    }
MDomain ${names.join(" ")}

<VirtualHost *:${tlsAlpn01Port}>
  ServerName ${firstName(place)}${
    names.length > 1 ? `\n  ServerAlias ${names.slice(1).join(" ")}` : ""
  }
  SSLEngine on
</VirtualHost>`;
  },
};

export const nginx: Client = {
  file: "acme.conf",
  source: "https://nginx.org/en/docs/http/ngx_http_acme_module.html",
  notes: () => [
    NOT_TRIED,
    "It needs nginx 1.25.1 or later with the module: load_module modules/ngx_http_acme_module.so;",
    "The name of the directory is looked up by resolver; 127.0.0.53 is systemd's.",
  ],
  render: ({
    directoryUrl,
    root,
    names,
    http01Port,
    tlsAlpn01Port,
    binding,
  }) => `resolver 127.0.0.53;

acme_issuer devtls {
    uri ${directoryUrl};
    contact ${CONTACT};
    ssl_trusted_certificate ${JSON.stringify(root)};
    state_path /var/cache/nginx/acme-devtls;
    accept_terms_of_service;${
      binding ? `\n    external_account_key ${binding.keyId} data:${binding.hmacKey};` : ""
    }
}
acme_shared_zone zone=ngx_acme_shared:1M;

server {
    listen ${tlsAlpn01Port} ssl;
    server_name ${names.join(" ")};
    acme_certificate devtls;
    ssl_certificate $acme_certificate;
    ssl_certificate_key $acme_certificate_key;
    ssl_certificate_cache max=2;
}
server {
    listen ${http01Port};
    server_name ${names.join(" ")};
    location / {
        return 404;
    }
}`,
};

export const haproxy: Client = {
  file: "haproxy.cfg",
  source: "https://docs.haproxy.org/3.2/configuration.html",
  notes: ({ binding }) => [
    NOT_TRIED,
    "It needs HAProxy 3.2 or later, where this is experimental.",
    ...(binding
      ? ["HAProxy 3.2 knows no external account binding: it needs a server without --eab."]
      : []),
  ],
  render: (place) => `global
    expose-experimental-directives
    httpclient.ssl.ca-file ${JSON.stringify(place.root)}

acme devtls
    directory ${place.directoryUrl}
    account-key /etc/haproxy/devtls.account.key
    contact ${CONTACT}
    challenge HTTP-01
    keytype ECDSA
    curves P-256
    map virt@acme

crt-store
    load crt /etc/haproxy/${firstName(place)}.pem acme devtls domains ${place.names.join(",")}

frontend devtls
    mode http
    bind :${place.http01Port}
    bind :${place.tlsAlpn01Port} ssl crt /etc/haproxy/${firstName(place)}.pem
    http-request return status 200 content-type text/plain lf-string "%[path,field(-1,/)].%[path,field(-1,/),map(virt@acme)]\\n" if { path_beg '/.well-known/acme-challenge/' }`,
};

export const traefik: Client = {
  file: "traefik.yml",
  source:
    "https://doc.traefik.io/traefik/reference/install-configuration/tls/certificate-resolvers/acme/",
  notes: ({ root }) => [
    NOT_TRIED,
    `Traefik trusts what this variable names, besides nothing else: LEGO_CA_CERTIFICATES=${root}`,
    "Each router has to name the resolver: tls.certResolver: devtls",
  ],
  render: ({ directoryUrl, http01Port, tlsAlpn01Port, binding }) => `entryPoints:
  web:
    address: ":${http01Port}"
  websecure:
    address: ":${tlsAlpn01Port}"
certificatesResolvers:
  devtls:
    acme:
      caServer: ${directoryUrl}
      email: ${CONTACT}
      storage: acme.json
      keyType: EC256${
        binding
          ? `\n      eab:\n        kid: ${binding.keyId}\n        hmacEncoded: ${binding.hmacKey}`
          : ""
      }
      httpChallenge:
        entryPoint: web`,
};

export const certManager: Client = {
  file: "devtls-acme.yaml",
  source: "https://cert-manager.io/docs/configuration/acme/",
  notes: () => [
    NOT_TRIED,
    "In a cluster localhost is the pod: start devtls acme with --bind, --host and --eab, and --resolve for the names.",
    "A cluster that is to sign by itself: devtls ca export --kubernetes",
  ],
  render: ({ directoryUrl, rootPem, binding }) => `apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata:
  name: devtls-acme
spec:
  acme:
    server: ${directoryUrl}
    email: ${CONTACT}
    caBundle: ${Buffer.from(rootPem).toString("base64")}
    privateKeySecretRef:
      name: devtls-acme-account${binding ? certManagerBinding(binding) : ""}
    solvers:
      - http01:
          ingress:
            ingressClassName: nginx`,
};

function certManagerBinding({ keyId, hmacKey }: NonNullable<Place["binding"]>): string {
  return `
    # kubectl create secret generic devtls-eab -n cert-manager --from-literal secret=${hmacKey}
    externalAccountBinding:
      keyID: ${keyId}
      keySecretRef:
        name: devtls-eab
        key: secret`;
}
