/** The clients that devtls prints a configuration for. */
import type { Client } from "./client.js";
import { acmeClient, acmeSh, acmeTiny, certbot, dehydrated, lego, uacme } from "./commands.js";
import { apache, caddy, certManager, haproxy, nginx, traefik } from "./servers.js";

export const CLIENTS = {
  certbot,
  caddy,
  lego,
  dehydrated,
  apache,
  nginx,
  traefik,
  "cert-manager": certManager,
  "acme.sh": acmeSh,
  "acme-tiny": acmeTiny,
  uacme,
  haproxy,
  "acme-client": acmeClient,
} as const satisfies Readonly<Record<string, Client>>;

export type ClientName = keyof typeof CLIENTS;

export const CLIENT_NAMES = Object.keys(CLIENTS) as ClientName[];
