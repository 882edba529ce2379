/** Which hosts share cookies (RFC 6265bis 5.1.2, 5.1.3, 5.7 step 9). */

/**
 * Suffixes of more than one label under which anybody can have a name: those that a dev server is
 * reached through (tunnels, cloud desktops) or that one deploys to and configures a cookie for. Not
 * the whole list of publicsuffix.org, which is 250 kB; single labels need no list. Chromium 156 takes
 * each of these for a suffix.
 */
const SUFFIXES = new Set(
  `home.arpa
  ngrok.io ngrok.app ngrok.dev ngrok-free.app ngrok-free.dev trycloudflare.com
  githubpreview.dev csb.app ts.net
  github.io gitlab.io herokuapp.com pythonanywhere.com eu.pythonanywhere.com onrender.com fly.dev
  up.railway.app vercel.app vercel.dev now.sh netlify.app pages.dev workers.dev deno.dev
  web.app firebaseapp.com appspot.com run.app a.run.app azurewebsites.net azurestaticapps.net
  cloudapp.net cloudfront.net elasticbeanstalk.com amplifyapp.com ondigitalocean.app repl.co replit.app replit.dev
  co.uk org.uk ac.uk gov.uk com.au net.au org.au co.nz co.za co.in co.jp co.kr co.il
  com.br com.ar com.mx com.cn com.hk com.tw com.sg com.my com.tr com.ua`.split(/\s+/),
);

/** Whether a host, in lower case and without brackets, is an IP address. */
export function isIpAddress(host: string): boolean {
  return host.includes(":") || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host);
}

/**
 * Whether nobody may set a cookie for all of this domain: a single label ("localhost", "test":
 * the list's rule for everything that it does not name) or a suffix that the list has.
 */
export function isPublicSuffix(domain: string): boolean {
  return !isIpAddress(domain) && (!domain.includes(".") || SUFFIXES.has(domain));
}

/** 5.1.3. An address matches only itself. */
export function domainMatches(host: string, domain: string): boolean {
  if (host === domain) return true;
  return host.endsWith(`.${domain}`) && !isIpAddress(host);
}

/** What limits are counted by: the public suffix and one label more, or the host itself. */
export function registrableDomain(host: string): string {
  if (isIpAddress(host)) return host;
  const labels = host.split(".");
  for (let index = labels.length - 1; index >= 0; index--) {
    const candidate = labels.slice(index).join(".");
    if (!isPublicSuffix(candidate)) return candidate;
  }
  return host;
}

/** Names and addresses that never leave the machine: `localhost`, what is below it, 127/8, ::1. */
export function isLoopbackHost(host: string): boolean {
  return (
    host === "localhost" || host.endsWith(".localhost") || host === "::1" || /^127\./.test(host)
  );
}
