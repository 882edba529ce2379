/** What `--cookies` can do with cookies on their way: see the policies of the proxy. */
export const COOKIE_MODES = ["pass", "strict", "secure", "insecure"] as const;

export type CookieMode = (typeof COOKIE_MODES)[number];
