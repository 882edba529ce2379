export const CLIENT_NAMES = ["certbot"] as const;
export type ClientName = (typeof CLIENT_NAMES)[number];
