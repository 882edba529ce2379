/** Cookies and HSTS as on a production origin. */
export const COOKIES = `Cookies and HSTS as in production

Browsers make exceptions for http://localhost: they store Secure cookies there, which no production
http origin can set. --cookies strict takes the exception away:

  devtls serve --target 8000 --http-port 8080 --http proxy --cookies strict

  pass      cookies stay as they are (default)
  strict    what a browser would refuse on a production origin is removed from responses; over
            plain http the app gets no Secure cookie, and none is overwritten
  secure    adds Secure, as an edge with such a rule does
  insecure  removes Secure, and with it SameSite=None and Partitioned; names with a prefix
            (__Host-) are left alone

The rules are those of RFC 6265bis, compared with Chromium by the tests. strict keeps one memory for
each host and run, not one for each browser.

Strict-Transport-Security knows no ports: from one dev server it would lock every other one of that
host to https. devtls strips it, the simulated edge's included; --hsts pass lets it through, --hsts
63072000 sends that max-age over https, --hsts 0 unlocks a browser.`;
